import type { RunMode } from './runPlan.ts';

const NAME_LIMIT = 64;
const SUFFIX = { migrate: '', analyse: '-analysis', validate: '-validate' } as const;

/** The name that the app knows a run by: dry runs and comparisons must not replace the migration that they belong to. */
export function runName(baseName: string, mode: RunMode): string {
  return `${baseName.slice(0, NAME_LIMIT - SUFFIX[mode].length)}${SUFFIX[mode]}`;
}
