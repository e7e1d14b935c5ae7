import { expect, test } from 'vitest';
import { type AwaitWordInput, type HearWordInput, WORD_EVENT, type Word } from '../../src/contract/operatorWord.ts';
import { awaitWord } from '../../src/orchestrators/awaitWord.ts';
import { type Answerer, drive, show } from './fakeOrchestration.ts';

interface Waited {
  readonly word: unknown;
  readonly generations: readonly (readonly string[])[];
}

/** Waits through all generations; `words` are what the looks find, `events` the looks that an event wakes. */
function waited(words: readonly (Word | 'unreadable')[], events: readonly number[] = []): Waited {
  const generations: string[][] = [];
  let input: AwaitWordInput = { id: 'lab', looks: 0 };
  for (let look = 0; ; look++) {
    const answer: Answerer = (name, of) => {
      if (name === WORD_EVENT) return events.includes(look) ? 'word' : null;
      expect(of).toEqual({ id: 'lab', waiter: 'instance' } satisfies HearWordInput);
      const word = words[look];
      if (word === 'unreadable') throw new Error('storage is away');
      return word;
    };
    const { output, actions, continuedAsNew } = drive(awaitWord, input, answer);
    generations.push(show(actions));
    if (continuedAsNew === undefined) return { word: output, generations };
    input = continuedAsNew as AwaitWordInput;
  }
}

const SUSPENDED = ['suspend', 'suspend', 'suspend', 'suspend', 'suspend', 'suspend', 'suspend', 'suspend'] as const;
const seconds = ({ generations }: Waited) =>
  generations.map((actions) => Number(/wait (\d+)/.exec(actions[1] ?? '')?.[1] ?? 0) / 1000);

test.each(['run', 'cancel'] as const)('%s is heard at once, and nothing is waited for', (word) => {
  expect(waited([word])).toEqual({ word, generations: [['hearWord']] });
});

test('looks come more and more seldom, the first after two seconds, with a few rows of history each', () => {
  const long = waited([...SUSPENDED, ...SUSPENDED, 'run']);
  expect(long.word).toBe('run');
  expect(seconds(long)).toEqual([2, 2, 3, 5, 8, 13, 20, 30, 30, 30, 30, 30, 30, 30, 30, 30, 0]);
  for (const actions of long.generations) expect(actions.length).toBeLessThanOrEqual(2);
});

test('an event wakes whoever waits, and one that is lost costs a look', () => {
  expect(seconds(waited([...SUSPENDED, 'run'], [4]))).toEqual([2, 2, 3, 5, 8, 2, 2, 3, 0]);
  expect(waited(['suspend', 'cancel']).word).toBe('cancel');
});

test('a word that cannot be read is waited for', () => {
  const { word, generations } = waited(['unreadable', 'unreadable', 'run']);
  expect(word).toBe('run');
  expect(generations).toHaveLength(3);
});

test('a wait until some time ends then, and with any word but to go on; it looks every ten seconds, and is awake', () => {
  const begin = Date.UTC(2026, 0, 1);
  const actions: string[] = [];
  let input: AwaitWordInput = { id: 'lab', looks: 0, until: begin + 25_000 };
  let clock = begin;
  for (;;) {
    const answer: Answerer = (name, of) => {
      if (name === WORD_EVENT) return null;
      expect(of).toEqual({ id: 'lab', waiter: 'instance', isIdle: true } satisfies HearWordInput);
      return 'run';
    };
    const run = drive(awaitWord, input, answer, clock);
    actions.push(...show(run.actions));
    clock = run.clockMs;
    if (run.continuedAsNew === undefined) break;
    input = run.continuedAsNew as AwaitWordInput;
  }
  expect(clock - begin).toBe(25_000);
  expect(actions.filter((action) => action === 'hearWord')).toHaveLength(4);
  const { output } = drive(awaitWord, { id: 'lab', looks: 0, until: begin + 25_000 }, () => 'cutover', begin);
  expect(output).toBe('cutover');
});
