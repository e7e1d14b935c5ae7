import { expect, test } from 'vitest';
import { parseBusySeconds, parseMemory, parseStat } from '../../../bench/processStat.ts';

const STAT =
  '4711 (node (worker) 1) S 42 4711 4711 0 -1 4194560 9000 0 0 0 1234 66 500 7 20 0 11 0 1000 10000 2000 18446744073709551615';

test('parent and CPU are read behind a name that holds spaces and brackets', () => {
  expect(parseStat(STAT)).toEqual({ parent: 42, ownSeconds: 13, reapedSeconds: 5.07 });
});

test('busy are user, nice, system and interrupts, not idle, waiting or stolen time', () => {
  const text = 'cpu  100 20 300 99999 8888 7 5 7777 0 0\ncpu0 50 10 150 50000 4444 3 2 3888 0 0\nintr 1\n';
  expect(parseBusySeconds(text)).toBe(4.32);
});

test('memory is bytes, and 0 where a process tells none', () => {
  const status = 'Name:\tnode\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\nRssAnon:\t 1024 kB\n';
  expect(parseMemory(status, 'VmHWM')).toBe(200 * 1024 * 1024);
  expect(parseMemory(status, 'RssAnon')).toBe(1024 * 1024);
  expect(parseMemory('Name:\tkthreadd\n', 'VmRSS')).toBe(0);
});
