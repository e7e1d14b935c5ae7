import { RUN_SUFFIX, type RunKind } from '../../contract/runKind.ts';

const NAME_LIMIT = 64;

/** The name that the app knows a run by: dry runs and comparisons must not replace the migration that they belong to. */
export function runName(baseName: string, kind: RunKind): string {
  return `${baseName.slice(0, NAME_LIMIT - RUN_SUFFIX[kind].length)}${RUN_SUFFIX[kind]}`;
}
