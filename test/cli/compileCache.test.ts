import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

test('a cache that cannot be made keeps no command waiting', () => {
  const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
  const env = { PATH: process.env['PATH'], XDG_CACHE_HOME: '/proc/x' };
  const { status } = spawnSync(process.execPath, [main, '--version'], { env, timeout: 60_000 });
  expect(status).toBe(0);
});
