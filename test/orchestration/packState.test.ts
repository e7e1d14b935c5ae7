import type { OrchestrationContext } from 'durable-functions';
import { expect, test } from 'vitest';
import type { MigrateState } from '../../src/contract/migrateState.ts';
import { packState, readNewerState, readState } from '../../src/contract/packState.ts';
import { NO_SUMS, type WorkSums } from '../../src/contract/workSums.ts';
import { NO_CHECKS, newState } from '../../src/orchestrators/state.ts';

/** What the real extension starts over with in a tenth of a second; with 40 KB it took up to fifteen. */
const MAX_BYTES = 20 * 1024;
const AT = '2026-11-27T12:00:00.000Z';

/** As many tables as the largest release of MLflow has, with names as long as its longest. */
const TABLES = Array.from({ length: 71 }, (_unused, n) => `evaluation_dataset_records_${String(n).padStart(2, '0')}`);
const byTable = <T>(of: (n: number) => T): Record<string, T> =>
  Object.fromEntries(TABLES.map((table, n) => [table, of(n)]));
/** Digits without a pattern: what repeats would pack better than what is counted. */
const some = (n: number, digits: number): number => (n * 2_654_435_761 + digits * 40_503) % 10 ** digits;

function sums(areFailed: boolean): WorkSums {
  return {
    ...NO_SUMS,
    tables: byTable((n) => [some(n, 9), some(n + 1, 9), some(n, 3), some(n, 5), some(n + 2, 5)]),
    bytes: 123_456_789_012,
    requestUnits: 987_654_321,
    failures: areFailed
      ? TABLES.map((table) => ({
          table,
          problem: {
            kind: 'source-refused',
            message: `PostgreSQL at mlflow.postgres.database.azure.com:5432/mlflow denies reading ${table} (42501)`,
            hint: 'Run what mlflow-migrate grants --for postgres prints, then start again with --resume',
          },
        }))
      : [],
    whole: TABLES,
    unlisted: byTable((n) => [some(n, 4), some(n, 2), 0]),
    toWrite: byTable((n) => [some(n, 4), some(n, 2)]),
  };
}

/** What a run begins with. */
const EMPTY = newState({ df: { currentUtcDateTime: new Date(AT) } } as unknown as OrchestrationContext);

/** Everything full at once; `left` units were left over when a wide window was suspended. */
function fullState(left: number, areFailed = false): MigrateState {
  const clock = {
    transaction: '987654321',
    next: '987654399',
    at: AT,
    isStandby: false,
    open: Array.from({ length: 100 }, (_unused, n) => String(987_654_000 + 3 * n)),
    prepared: [],
    position: '16/B374D848',
  };
  return {
    phase: 'catch-up',
    startedAt: AT,
    phaseStartedAt: AT,
    plan: {
      stamp: AT,
      units: 9_000,
      collections: 71,
      totalRows: 1_900_000_000,
      flavour: 'cosmos-ru',
      needsUniqueIndexesFirst: true,
      unreadable: [],
    },
    next: 4_500,
    leftover: Array.from({ length: left }, (_unused, n) => ({ unit: 3_000 + n, only: n % 7 === 0 ? [1, 4] : null })),
    lanes: 64,
    copied: sums(areFailed),
    validated: sums(areFailed),
    passed: sums(false),
    checks: { ...NO_CHECKS, unchecked: TABLES },
    rows: byTable((n) => some(n, 9)),
    documents: byTable((n) => some(n + 3, 9)),
    standing: byTable((n) => some(n + 4, 9)),
    clock: clock as unknown as MigrateState['clock'],
    instant: { at: AT, from: 'primary', openTransactions: clock.open, preparedTransactions: [] },
    passClock: clock as unknown as MigrateState['passClock'],
    passes: 7,
    changed: 123_456,
    changedBefore: 654_321,
    rechecks: 2,
    stale: TABLES,
    wasMarked: true,
    writer: '3f0c3f0e-7d6f-4a52-9a3c-7f1f7a3c1a11',
    mayHaveClaimed: true,
    isOurs: true,
    isTakingOver: false,
    replans: 2,
    shapeChanged: TABLES,
    deleted: byTable((n) => some(n, 6)),
    vanished: byTable((n) => some(n, 6)),
    endedIn: null,
    isThroughputRaised: true,
    seconds: { copy: 12_345.678, indexes: 234.567, validate: 23_456.789 },
    problems: [],
    isCancelled: false,
  };
}

test.each([
  ['nothing left over', 0, false],
  ['three lanes that were suspended', 60, false],
  ['64 lanes that were suspended', 64 * 40, false],
  ['every table failed twice', 60, true],
] as const)('with %s a state is handed on in less than 20 KB, and comes back as it was', (_what, left, areFailed) => {
  const state = fullState(left, areFailed);
  expect(JSON.stringify(state).length).toBeGreaterThan(MAX_BYTES);
  const packed = packState(state);
  expect(Buffer.byteLength(JSON.stringify(packed))).toBeLessThan(MAX_BYTES);
  expect(readState(JSON.parse(JSON.stringify(packed)) as typeof packed, EMPTY)).toEqual(state);
  expect(packState(state)).toEqual(packed);
});

test('a small state is handed on as it is, as those of earlier releases are', () => {
  const small: MigrateState = { ...fullState(0), copied: NO_SUMS, validated: NO_SUMS, passed: NO_SUMS };
  const tiny = {
    ...small,
    rows: {},
    documents: {},
    standing: {},
    deleted: {},
    vanished: {},
    stale: [],
    checks: NO_CHECKS,
  };
  expect(packState(tiny)).toBe(tiny);
  expect(readState(tiny, EMPTY)).toEqual(tiny);
  expect(readState(null, EMPTY)).toEqual(EMPTY);
});

test('what the state of an earlier release does not tell is as it was in the beginning', () => {
  const { isTakingOver: _, replans: __, ...earlier } = fullState(1);
  const { isTakingOver, replans, ...rest } = readState(earlier, EMPTY);
  expect({ isTakingOver, replans }).toEqual({ isTakingOver: false, replans: 0 });
  expect(rest).toEqual(earlier);
});

test('a state of another shape is refused by the names of its fields, also where it was packed', () => {
  const odd = { ...fullState(60), writer: 7, passes: 'hunter2' } as unknown as MigrateState;
  const packed = packState(odd);
  expect(packed).toHaveProperty('deflated');
  for (const stored of [odd, packed]) {
    expect(() => readState(stored, EMPTY)).toThrow(
      /^The input of the step is not what this release sends: passes, writer$/,
    );
  }
});

test('of the state of a newer release everything is kept that this one can read', () => {
  const newer = { ...fullState(1), passes: { seen: 7 }, mood: 'good' } as unknown as MigrateState;
  expect(readNewerState(newer, EMPTY)).toEqual({ ...fullState(1), passes: EMPTY.passes });
  expect(readNewerState(packState(newer), EMPTY)).toEqual({ ...fullState(1), passes: EMPTY.passes });
});
