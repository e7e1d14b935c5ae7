import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckSummary } from '../../src/contract/steps/checkCollections.ts';
import type { UnitInput, UnitResult } from '../../src/contract/unit.ts';
import { Services } from '../../src/runtime/services.ts';
import { buildIndexes } from '../../src/steps/buildIndexes.ts';
import { checkCollections } from '../../src/steps/checkCollections.ts';
import { copyUnit } from '../../src/steps/copyUnit.ts';
import { prepareTarget } from '../../src/steps/prepareTarget.ts';
import { validateUnit } from '../../src/steps/validateUnit.ts';
import { NO_METRICS } from '../../src/telemetry/metrics.ts';
import { MemoryBlobs } from '../support/memoryBlobs.ts';
import { compare } from '../support/runMigration.ts';
import { openStepPair, type StepPair } from '../support/stepPair.ts';
import { wholePlan } from '../support/wholePlan.ts';

// An activity that the host ends gives no answer, however far it got: it hands back what is left in time, and what alone takes
// longer is done in pieces.

const NEVER = new AbortController().signal;
const id = 'long';
let opened: StepPair;
let writer: string;
const blobs = new MemoryBlobs();

beforeAll(async () => {
  opened = await openStepPair(
    '1.30.1',
    `insert into params (key, value, run_uuid) select 'many ' || n, n::text, run_uuid
       from (select run_uuid from runs limit 1) r, generate_series(1, 30000) n;
     create table no_key (a int, b text);
     insert into no_key select n % 7000, 'of this row there are several' from generate_series(1, 20000) n`,
  );
});
afterAll(() => opened.connections.close());

/** How many attempts may come no further: where not even the ends are opened in the time, no number of them does. */
const MAX_IDLE = 5;

/**
 * Does a unit as a lane does: what is handed back is done next. `hurried` have ever more time: a machine gets the next of them where
 * it is too slow to come anywhere in that of the first.
 */
async function doUnit(
  hurried: readonly Services[],
  step: typeof copyUnit,
  unit: UnitInput,
): Promise<readonly UnitResult[]> {
  const results: UnitResult[] = [];
  let input = unit;
  let idle = 0;
  do {
    const result = await step(hurried[Math.floor(idle / MAX_IDLE)] as Services, input, NEVER);
    const isMoved = result.remaining.length < (input.only?.length ?? Number.POSITIVE_INFINITY);
    idle = isMoved || !isDeepStrictEqual(result.cut, input.cut) ? 0 : idle + 1;
    results.push(result);
    expect(result).toMatchObject({ failures: [], transient: null, fatal: null });
    const { cut: _before, ...rest } = input;
    input = { ...rest, only: result.remaining, ...(result.cut === undefined ? {} : { cut: result.cut }) };
  } while (results.at(-1)?.remaining.length !== 0);
  return results;
}

test('units that the host gives too little time are done in as many pieces as it takes, each row once', async () => {
  const { request } = opened;
  // Some thirty milliseconds to work: hardly any range is done in that.
  const hurried = [50, 100, 200, 400, 800].map((ms) => new Services(opened.connections, blobs, NO_METRICS, NEVER, ms));
  const [services] = hurried as [Services];
  const { stamp, units } = await wholePlan(services, { id, request });
  ({ writer } = await prepareTarget(services, { id, planStamp: stamp, run: 'first', request }, NEVER));
  for (const step of [copyUnit, validateUnit]) {
    const migrated: Record<string, number> = { params: 0, no_key: 0 };
    let attempts = 0;
    for (let unit = 0; unit < units; unit++) {
      const input = { id, planStamp: stamp, request, writer, notBefore: null, unit, only: null, skip: [], since: null };
      const results = await doUnit(hurried, step, input);
      attempts += results.length;
      for (const result of results.slice(0, -1)) expect(result.stop).toBe('time');
      for (const { tables } of results)
        for (const table of Object.keys(migrated)) migrated[table] = (migrated[table] ?? 0) + (tables[table]?.[0] ?? 0);
    }
    expect(attempts).toBeGreaterThan(units);
    const { tableRows } = (await services.planned(id, stamp)).plan;
    expect(tableRows).toMatchObject(migrated);
    expect(migrated['no_key']).toBe(20_000);
  }
  const { differences } = await compare(opened.pair);
  expect(differences).toEqual([]);
});

test('indexes and checks of whole collections go on where the step before stopped', async () => {
  const { request } = opened;
  // No time at all: each step ends as soon as it may.
  const services = new Services(opened.connections, blobs, NO_METRICS, NEVER, 0);
  const unhurried = new Services(opened.connections, blobs, NO_METRICS, NEVER);
  const { plan, layout } = await services.planned(id, null);
  const about = { id, planStamp: plan.createdAt, request, writer };
  const all = { from: 0, to: layout.collections.length };
  expect(await buildIndexes(services, { ...about, ...all }, NEVER)).toEqual({ isLeft: true });
  expect(await buildIndexes(unhurried, { ...about, ...all }, NEVER)).toEqual({ isLeft: false });
  const rows: Record<string, number> = {};
  let checks = 0;
  for (let from: number | undefined = 0; from !== undefined; checks++) {
    const input = { ...about, notBefore: null, since: null, seen: null, skip: [], ...all, from };
    const summary: CheckSummary = await checkCollections(services, input, NEVER);
    expect(summary).toMatchObject({ counts: false, indexes: false, references: false, unchecked: [] });
    Object.assign(rows, summary.rows);
    from = summary.next;
  }
  expect(checks).toBeGreaterThan(1);
  expect(rows['params']).toBe(plan.tableRows['params']);
});
