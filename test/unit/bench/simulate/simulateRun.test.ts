import { describe, expect, test } from 'vitest';
import { CALIBRATED_BY, readCalibration } from '../../../../bench/simulate/calibration.ts';
import { AZURE_FUNCTIONS, localMachine } from '../../../../bench/simulate/hosting.ts';
import { type SimulationInput, simulateRun } from '../../../../bench/simulate/simulateRun.ts';
import { documentDb, mongod, requestUnits } from '../../../../bench/simulate/target.ts';

const calibration = readCalibration(CALIBRATED_BY);

/** A million rows on Azure Functions, but for what the test says. */
function simulate(input: Partial<SimulationInput>) {
  return simulateRun({
    rows: 1e6,
    target: mongod(8),
    hosting: AZURE_FUNCTIONS,
    parallel: null,
    calibration,
    ...input,
  });
}

describe('every target', () => {
  test.each([
    ['mongod', mongod(8), 1e8],
    ['request units', requestUnits(20_000), 1e6],
    ['DocumentDB', documentDb(8), 1e6],
  ])('%s: each row is copied once and compared once', (_name, target, rows) => {
    const run = simulate({ target, rows, parallel: 16 });
    expect(run.copied).toBe(run.rows);
    expect(run.validated).toBe(run.rows);
  });

  test('a run of the same input comes to the same', () => {
    const input = { target: requestUnits(20_000), parallel: 8 };
    expect(simulate(input)).toEqual(simulate(input));
  });
});

describe('request units', () => {
  test('twice the throughput takes half the time where it is the bound', () => {
    const [once, twice] = [20_000, 40_000].map((perSecond) => simulate({ target: requestUnits(perSecond) }));
    const ratio = (once?.seconds.copy ?? 0) / (twice?.seconds.copy ?? 1);
    expect(ratio).toBeGreaterThan(1.85);
    expect(ratio).toBeLessThan(2.15);
  });

  test('no more is used than there is, and most of it', () => {
    const run = simulate({ target: requestUnits(10_000) });
    const possible = 10_000 * (run.seconds.copy + run.seconds.validate);
    expect(run.requestUnits).toBeLessThanOrEqual(possible);
    expect(run.requestUnits).toBeGreaterThan(0.8 * possible);
  });

  test('a partition that gets more than its part sets the pace for all', () => {
    const even = simulate({ target: requestUnits(50_000), parallel: 8 });
    const hot = simulate({ target: requestUnits(50_000, 0.2), parallel: 8 });
    // It gets 0.2 + 0.8 ÷ 5 of the documents with a fifth of the throughput.
    const slower = hot.seconds.copy / even.seconds.copy;
    expect(slower).toBeGreaterThan(1.5);
    expect(slower).toBeLessThan(2);
  });
});

describe('orchestrations', () => {
  // The bounds of docs/architecture.md.
  test.each([
    ['few lanes', null],
    ['many lanes', 64],
  ])('%s over 10^9 rows keep each history and each message within its bound', (_what, parallel) => {
    const run = simulate({ rows: 1e9, parallel });
    expect(Object.keys(run.history)).toEqual(['migrate', 'runLane']);
    for (const { events, bytes, largestMessage } of Object.values(run.history)) {
      expect(events).toBeLessThan(1_000);
      expect(bytes).toBeLessThan(500_000);
      expect(largestMessage).toBeLessThan(16_000);
    }
    expect(run.generations).toBeGreaterThan(2);
  });

  test('ten times the rows make about ten times the storage operations, and histories no longer', () => {
    const [small, large] = [3e7, 3e8].map((rows) => simulate({ rows, parallel: 16 }));
    const ratio = (large?.storageTransactions ?? 0) / (small?.storageTransactions ?? 1);
    expect(ratio).toBeGreaterThan(8);
    expect(ratio).toBeLessThan(12);
    expect(large?.history['migrate']?.events).toBeLessThan(1.5 * (small?.history['migrate']?.events ?? 0));
  });
});

describe('Functions', () => {
  test('one instance runs eight activities (seven lanes, and the one that makes indexes), and more lanes bring more instances', () => {
    expect(simulate({ rows: 1e8, parallel: 7 }).instances).toBe(1);
    expect(simulate({ rows: 5e8, parallel: 63 }).instances).toBe(8);
  });

  test('without scale-out more lanes than one instance takes are of no use', () => {
    const hosting = { ...AZURE_FUNCTIONS, maxInstances: 1 };
    const target = mongod(32);
    const [few, many] = [8, 32].map((parallel) => simulate({ rows: 3e8, target, hosting, parallel }));
    expect(many?.seconds.copy).toBeGreaterThan(0.95 * (few?.seconds.copy ?? 0));
  });
});

describe('the DocumentDB engine', () => {
  const growth = (hasDearIndexes: boolean) => {
    const [small, large] = [1e7, 2e7].map((rows) => simulate({ rows, target: documentDb(8, hasDearIndexes) }));
    return (large?.seconds.copy ?? 0) / (small?.seconds.copy ?? 1);
  };

  test('compound unique indexes make the copy quadratic, and by default there are none', () => {
    expect(growth(true)).toBeGreaterThan(3.5);
    expect(growth(false)).toBeLessThan(2.5);
  });
});

test('the model gives back the run that it is calibrated by', () => {
  const hosting = localMachine(calibration.cores);
  const run = simulate({ rows: calibration.rows, target: mongod(calibration.cores), hosting });
  expect(Math.abs(run.seconds.copy / calibration.seconds.copy - 1)).toBeLessThan(0.05);
  expect(Math.abs(run.seconds.total / calibration.seconds.total - 1)).toBeLessThan(0.05);
});
