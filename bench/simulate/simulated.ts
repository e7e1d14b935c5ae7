import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelCheck } from './checkModel.ts';
import type { ScenarioRun } from './scenarios.ts';

/** What the last `npm run bench:simulate` came to: docs/performance.md and docs/simulation.svg are made of it. */
export interface Simulated {
  readonly calibratedBy: string;
  readonly checks: readonly ModelCheck[];
  readonly runs: readonly ScenarioRun[];
}

export const SIMULATED_FILE = join(import.meta.dirname, 'simulated.json');

/** The kept simulation. */
export function readSimulated(): Simulated {
  return JSON.parse(readFileSync(SIMULATED_FILE, 'utf8')) as Simulated;
}
