import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestHosts } from './support/testHost.ts';

const PRELOAD = fileURLToPath(new URL('support/jumpingClock.ts', import.meta.url));
const HOUR_MS = 3_600_000;
const WAIT_MS = 1_000;
/** Far more than a slow machine takes, far less than a jump. */
const SOON_MS = 60_000;

let hosts: TestHosts;

beforeAll(async () => {
  hosts = await TestHosts.create();
});
afterAll(() => hosts.dispose());

/** A host whose clock is off by what is written into a file. */
async function startWithClock(clock: string, stateFile?: string) {
  const settings = { NODE_OPTIONS: `--import=${PRELOAD} --disable-warning=ExperimentalWarning`, JUMPING_CLOCK: clock };
  return await hosts.start('classic', { settings, ...(stateFile === undefined ? {} : { stateFile }) });
}

test.each([
  ['back', -HOUR_MS],
  ['forward', HOUR_MS],
])('a timer fires when its time has passed, though the clock is set %s by an hour', async (name, jumpMs) => {
  const clock = join(hosts.directory, name);
  const host = await startWithClock(clock);
  const id = await host.start('wait', WAIT_MS);
  await host.until(id, ({ runtimeStatus }) => runtimeStatus === 'Running');
  await writeFile(clock, String(jumpMs));
  const { output } = await host.ended(id);
  expect(output).toBeGreaterThanOrEqual(WAIT_MS);
  expect(output).toBeLessThan(SOON_MS);
});

test('a timer does not wait for the hour by which the clock was set back while no host ran', async () => {
  const clock = join(hosts.directory, 'between');
  const host = await startWithClock(clock);
  const id = await host.start('wait', WAIT_MS);
  await host.until(id, ({ runtimeStatus }) => runtimeStatus === 'Running');
  host.running.kill();
  await host.running.exited;
  await writeFile(clock, String(-HOUR_MS));
  const again = await startWithClock(clock, host.stateFile);
  expect((await again.ended(id)).runtimeStatus).toBe('Completed');
});
