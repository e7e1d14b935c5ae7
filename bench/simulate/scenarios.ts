import type { Calibration } from './calibration.ts';
import { AZURE_FUNCTIONS } from './hosting.ts';
import { type SimulatedRun, simulateRun } from './simulateRun.ts';
import { documentDb, mongod, requestUnits, type TargetModel } from './target.ts';

/** A target in several sizes of source: one line of the chart. */
export interface Series {
  readonly name: string;
  readonly target: TargetModel;
  /** `--parallel`; null for what the program chooses. */
  readonly parallel: number | null;
  readonly sizes: readonly number[];
}

/** One simulated run by the name of its series. */
export interface ScenarioRun {
  readonly series: string;
  readonly parallel: number | null;
  readonly run: SimulatedRun;
}

/** What `npm run bench:simulate` simulates, all of it on Azure Functions. */
export const SERIES: readonly Series[] = [
  { name: 'mongod, 8 cores', target: mongod(8), parallel: null, sizes: [1e7, 1e8, 1e9, 1e10] },
  { name: 'Cosmos DB, 10,000 RU/s', target: requestUnits(10_000), parallel: null, sizes: [1e7, 1e8] },
  { name: 'Cosmos DB, 100,000 RU/s', target: requestUnits(100_000), parallel: 16, sizes: [1e7, 1e8, 1e9] },
  { name: 'the same, a fifth to one partition', target: requestUnits(100_000, 0.2), parallel: 16, sizes: [1e7, 1e8] },
  { name: 'Cosmos DB, 1,000,000 RU/s', target: requestUnits(1_000_000), parallel: 64, sizes: [1e8, 1e9, 1e10] },
  { name: 'DocumentDB, 8 cores', target: documentDb(8), parallel: null, sizes: [1e7, 1e8, 1e9] },
  { name: 'the same, --unique-indexes all', target: documentDb(8, true), parallel: null, sizes: [1e7, 1e8] },
];

/** Runs a series, or its smallest sizes up to `mostRows`. */
export function runSeries(series: Series, calibration: Calibration, mostRows: number): ScenarioRun[] {
  const { name, target, parallel, sizes } = series;
  return sizes
    .filter((rows) => rows <= mostRows)
    .map((rows) => ({
      series: name,
      parallel,
      run: simulateRun({ rows, target, hosting: AZURE_FUNCTIONS, parallel, calibration }),
    }));
}
