import { expect, test } from 'vitest';
import type { LaneInput, LaneResult, WorkItem } from '../../src/contract/lane.ts';
import type { MigrateState } from '../../src/contract/migrateState.ts';
import type { MigrateInput, MigrateOutput } from '../../src/contract/migration.ts';
import { NO_SUMS } from '../../src/contract/workSums.ts';
import { migrate } from '../../src/orchestrators/migrate.ts';
import { MIGRATION_OF_OTHERS } from '../../src/orchestrators/otherReleases.ts';
import { survivingDeployments } from '../../src/orchestrators/survivingDeployments.ts';
import { type Begun, type GenerationRun, runOnExtension, type Worker } from './extensionModel.ts';
import { REQUEST } from './request.ts';

// Whole migrations with the real SDK, by the rules of the extension, on a clock of their own.

const registered = survivingDeployments(migrate, MIGRATION_OF_OTHERS);
const UNIT_MS = 500;
const LANES = 3;
const ok = (value: unknown) => ({ takesMs: 20, value: { ok: true, value } });
const DONE: LaneResult = { ...NO_SUMS, requests: 10, remaining: [], stop: null, problem: null };

/** A lane that takes so long for each of its units, and for the first one. */
function laneOf(input: LaneInput, atMs: number, unitMs = UNIT_MS, firstMs = unitMs): ReturnType<Worker> {
  const { items, until = Infinity } = input;
  let takesMs = firstMs;
  let count = 1;
  for (; count < items.length && atMs + takesMs < until; count++) takesMs += unitMs;
  const value: LaneResult = { ...DONE, tables: { runs: [count, 0, 0, 0, 0] }, remaining: items.slice(count) };
  return { takesMs, value };
}

interface Whole {
  readonly output: MigrateOutput;
  readonly generations: readonly GenerationRun[];
  readonly lanes: readonly Begun[];
  /** State that the report was made of. */
  readonly state: MigrateState;
  readonly seconds: number;
}

/** Copies so many units; `lane` says how a lane fares, the usual way where it gives nothing. */
async function copy(
  units: number,
  lane: (input: LaneInput, work: Begun) => ReturnType<Worker> | undefined,
): Promise<Whole> {
  const plan = {
    stamp: 's',
    units,
    collections: 5,
    totalRows: 9,
    flavour: 'mongodb',
    hasRequest: true,
    unreadable: [],
  };
  const answers: Readonly<Record<string, unknown>> = {
    preflight: { problems: [], isThroughputRaised: false, isOurs: false, isTakingOver: false },
    makePlan: plan,
    prepareTarget: { wasMarked: false, writer: 'token' },
    buildIndexes: { isLeft: false },
  };
  let state: MigrateState | undefined;
  const worker: Worker = (work) => {
    if (work.name === 'runLane') {
      const input = work.input as LaneInput;
      return lane(input, work) ?? laneOf(input, work.atMs);
    }
    if (work.name === 'awaitWord') return { takesMs: 1_000, value: 'run' };
    if (work.name !== 'writeReport') return ok(answers[work.name] ?? null);
    ({ state } = work.input as { state: MigrateState });
    return ok({ status: state.isCancelled ? 'cancelled' : 'completed', problems: [] });
  };
  const generations: GenerationRun[] = [];
  const request = { ...REQUEST, parallel: LANES, validate: 'none' as const };
  let input: unknown = { id: 'm', request, state: null } satisfies MigrateInput;
  while (input !== undefined) {
    const run = await runOnExtension(registered, input, worker, generations.at(-1)?.endMs);
    generations.push(run);
    input = run.continuedAsNew;
  }
  const begun = generations.flatMap((one) => one.begun);
  const seconds = ((generations.at(-1)?.endMs ?? 0) - (begun[0]?.atMs ?? 0)) / 1_000;
  const lanes = begun.filter(({ name }) => name === 'runLane');
  const output = generations.at(-1)?.output as MigrateOutput;
  return { output, generations, lanes, state: state as MigrateState, seconds };
}

const itemsOf = ({ input }: Begun): readonly WorkItem[] => (input as LaneInput).items;
const rowsOf = ({ state }: Whole): number | undefined => state.copied.tables['runs']?.[0];
/** Lanes that ran at a time. */
const inFlight = (lanes: readonly Begun[], atMs: number): number =>
  lanes.filter((one) => one.atMs <= atMs && atMs < one.endMs).length;

test('a lane that is late holds up nobody: the others go on beside it, and each unit is done once', async () => {
  const stuckMs = 300_000;
  let stuck: Begun | undefined;
  const whole = await copy(3_000, (input, work) => {
    if (stuck !== undefined) return undefined;
    stuck = work;
    return laneOf(input, work.atMs, UNIT_MS, stuckMs);
  });
  expect(whole.output.status).toBe('completed');
  expect(rowsOf(whole)).toBe(3_000);
  // All work by three lanes, with five minutes of one of them; a barrier would cost the other two as much.
  expect(whole.seconds).toBeLessThan(((3_000 * UNIT_MS + stuckMs) / LANES / 1_000) * 1.1);
  const at = stuck?.atMs ?? 0;
  const beside = whole.lanes.filter(({ atMs }) => atMs > at && atMs < at + stuckMs);
  expect(beside.length).toBeGreaterThan(20);
  // Never more lanes at once than were asked for, and but for the moments between two windows never fewer.
  for (const { atMs } of whole.lanes) expect(inFlight(whole.lanes, atMs)).toBeLessThanOrEqual(LANES);
});

test('lanes end by the clock, so that two do not wait for one that is four times slower', async () => {
  let begun = 0;
  const whole = await copy(2_000, (input, { atMs }) => laneOf(input, atMs, begun++ % LANES === 0 ? 2_000 : UNIT_MS));
  expect(rowsOf(whole)).toBe(2_000);
  const unitsPerSecond = 1 / 2 + 2 / (UNIT_MS / 1_000);
  expect(whole.seconds).toBeLessThan((2_000 / unitsPerSecond) * 1.15);
});

test('no generation starts over, and no step follows, while a lane is under way; its history stays bounded', async () => {
  let begun = 0;
  const { generations, output } = await copy(20_000, (input, { atMs }) =>
    begun++ % 10 === 0 ? laneOf(input, atMs, UNIT_MS, 200_000) : undefined,
  );
  expect(output.status).toBe('completed');
  expect(generations.length).toBeGreaterThan(5);
  for (const { left, behind, events } of generations) {
    expect(left).toEqual([]);
    expect(behind).toBe(0);
    expect(events).toBeLessThan(1_000);
  }
});

test('a lane that is lost while it is late ends what goes on beside it, and its units alone are done again', async () => {
  let lost: readonly WorkItem[] = [];
  let begun = 0;
  const whole = await copy(3_000, (input, work) => {
    begun++;
    // Another one is later still.
    if (begun === 2) return laneOf(input, work.atMs, UNIT_MS, 150_000);
    if (begun !== 1) return undefined;
    lost = itemsOf(work);
    return { takesMs: 70_000, error: "Orchestrator function 'runLane' failed: hunter2" };
  });
  const again = whole.lanes.filter((one) => itemsOf(one).some(({ lost }) => lost !== undefined));
  expect(
    again
      .flatMap(itemsOf)
      .map(({ unit }) => unit)
      .toSorted((a, b) => a - b),
  ).toEqual(lost.map(({ unit }) => unit));
  // Each in a lane of its own, with others that were lost beside it at most.
  for (const { atMs, input } of again) {
    expect((input as LaneInput).items).toHaveLength(1);
    const beside = whole.lanes.filter((one) => one.atMs <= atMs && atMs < one.endMs);
    expect(beside.every((one) => again.includes(one))).toBe(true);
  }
  expect(rowsOf(whole)).toBe(3_000);
  expect(JSON.stringify(whole.state)).not.toContain('hunter2');
});

test('a word that stops lanes is heeded when the late ones have ended too', async () => {
  let begun = 0;
  let suspendedMs = 0;
  const suspend = (input: LaneInput): LaneResult => ({ ...DONE, stop: 'suspend', remaining: input.items });
  const whole = await copy(1_000, (input, { atMs }) => {
    begun++;
    // The first is late by far, and hears the word with those of the third window beside it.
    if (begun === 1) return { takesMs: 80_000, value: suspend(input) };
    if (begun !== 6) return undefined;
    suspendedMs = atMs + 1_000;
    return { takesMs: 1_000, value: suspend(input) };
  });
  expect(whole.output.status).toBe('completed');
  expect(rowsOf(whole)).toBe(1_000);
  const waiting = whole.generations.flatMap((one) => one.begun).filter(({ name }) => name === 'awaitWord');
  expect(waiting).toHaveLength(1);
  expect(waiting[0]?.atMs).toBeGreaterThan(suspendedMs);
  expect(whole.lanes.filter(({ atMs }) => atMs >= suspendedMs && atMs <= (waiting[0]?.atMs ?? 0))).toEqual([]);
  expect(inFlight(whole.lanes, waiting[0]?.atMs ?? 0)).toBe(0);
});
