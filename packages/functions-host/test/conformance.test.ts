import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DELIBERATE_DIFFERENCES } from './deliberateDifferences.ts';
import { compareCase } from './recordings/compare.mjs';
import { eventsAgainstTheRule } from './support/carriedEvents.ts';
import { type Run, replayCase } from './support/replayCase.ts';
import { TestHosts } from './support/testHost.ts';

// The local host against what the real extension did: the same apps, the same calls, and no difference that is not meant.

interface RecordedCase {
  readonly name: string;
  readonly runs: readonly Run[];
}

const DIRECTORY = fileURLToPath(new URL('./recordings', import.meta.url));
const RECORDER = new URL('./support/recorder.ts', import.meta.url).href;
const LIMITS = 'AzureFunctionsJobHost__extensions__durableTask__maxConcurrent';
/** It forgets all that has completed on its host. */
const SOLITARY = '13-purge › purge by time and status';
/** Which events of scenario 7 come together in a turn is chance: its cases are held against the rule, not the numbers. */
const BY_RULE = '07-continue › ';
/** What goes on in the middle of a run depends on how busy the machine is: what differs is tried again, with fewer beside it. */
const ATTEMPTS = 3;
const PATIENCE_MS = 30_000;
/** Its cases need not come to an end. */
const SHORT_PATIENCE_MS = 3000;

const CASES = new Map<string, RecordedCase>(
  readdirSync(DIRECTORY)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const { cases } = JSON.parse(readFileSync(join(DIRECTORY, file), 'utf8')) as { cases: RecordedCase[] };
      return cases.map((one) => [`${file.replace('.json', '')} › ${one.name}`, one] as const);
    }),
);
const results = new Map<
  string,
  { readonly differences: readonly string[]; readonly recorded: Run; readonly here: Run }
>();
let hosts: TestHosts;

beforeAll(async () => {
  hosts = await TestHosts.create();
  let names = [...CASES.keys()];
  for (let attempt = 0; attempt < ATTEMPTS && names.length > 0; attempt++) {
    const others = names.filter((name) => name !== SOLITARY);
    await Promise.all([replay(others), ...(names.includes(SOLITARY) ? [replay([SOLITARY])] : [])]);
    names = names.filter((name) => faults(name).length > 0);
  }
});

afterAll(() => hosts.dispose());

/** What has to be as it is, and is not; nothing for a case that is as expected. */
function faults(name: string): string[] {
  const result = results.get(name);
  if (result === undefined) return ['not replayed'];
  const { differences, recorded, here } = result;
  const meant = DELIBERATE_DIFFERENCES.find((one) => one.name === name);
  if (meant?.isSeen?.(recorded, here) === false) return ['differs on purpose, and does not differ'];
  if (meant === undefined || meant.shows.length === 0) return [...differences];
  return meant.shows.filter((sign) => !differences.some((one) => one.includes(sign)));
}

/** Replays cases side by side on a host of their own, as ids can be used once, and keeps where they differ. */
async function replay(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const traceFile = join(hosts.directory, `${crypto.randomUUID()}.ndjson`);
  const host = await hosts.start('classic', {
    appDirectory: join(DIRECTORY, 'apps'),
    nodeFlags: ['--import', RECORDER],
    settings: {
      RECORD_FILE: traceFile,
      FUNCTIONS_CONTROL_DELAY_MS: '0',
      [`${LIMITS}ActivityFunctions`]: '200',
      [`${LIMITS}OrchestratorFunctions`]: '200',
    },
  });
  const replayOne = async (name: string): Promise<void> => {
    const recorded = CASES.get(name);
    const first = recorded?.runs[0];
    if (recorded === undefined || first === undefined) throw new Error(`There is no recording of ${name}`);
    const isByRule = name.startsWith(BY_RULE);
    const here = await replayCase(host, first, traceFile, isByRule ? SHORT_PATIENCE_MS : PATIENCE_MS);
    const differences = isByRule ? eventsAgainstTheRule(here) : differencesOf(recorded, here);
    results.set(name, { differences, recorded: first, here });
  };
  await Promise.all(names.map(replayOne));
  await host.running.stop();
}

function differencesOf(recorded: RecordedCase, run: Run): string[] {
  const found = compareCase(recorded, { runs: [run] });
  return found.map(([path, expected, actual]) => `${path}: recorded ${text(expected)}, here ${text(actual)}`);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}

test.each([...CASES.keys()])('as the real extension, but for what differs on purpose: %s', (name) => {
  expect(faults(name)).toEqual([]);
});

test('every deliberate difference is about a recorded case', () => {
  for (const { name } of DELIBERATE_DIFFERENCES) expect([...CASES.keys()]).toContain(name);
});

test('README.md tells every deliberate difference, and how much was recorded', () => {
  const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const told = [...page.matchAll(/^\| `([^`]+ › [^`]+)` \|/gm)].map(([, name]) => name);
  expect(told).toEqual(DELIBERATE_DIFFERENCES.map(({ name }) => name));
  const scenarios = new Set([...CASES.keys()].map((name) => name.split(' › ')[0]));
  expect(page).toContain(`${scenarios.size} scenarios with ${CASES.size} cases`);
});
