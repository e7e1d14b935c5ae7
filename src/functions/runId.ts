import { randomUUID } from 'node:crypto';
import type { MigrationRequest } from '../contract/migrationRequest.ts';

/** What a run does to the target; runs of different modes must not replace each other's reports and state. */
export type RunMode = 'migrate' | 'analyse' | 'validate';

const SUFFIX: Readonly<Record<RunMode, string>> = { migrate: '', analyse: '-analysis', validate: '-validate' };

/** A dry run of a comparison is an analysis. */
export function modeOf({ dryRun, validateOnly }: Pick<MigrationRequest, 'dryRun' | 'validateOnly'>): RunMode {
  if (dryRun) return 'analyse';
  return validateOnly ? 'validate' : 'migrate';
}

/** Id of a run by its name, or a new one: an analysis and a comparison have ids beside that of the migration they are of. The command names its runs by the same suffixes. */
export function runIdOf(request: MigrationRequest): string {
  const name = request.name ?? `migration-${randomUUID().slice(0, 8)}`;
  const suffix = SUFFIX[modeOf(request)];
  return name.endsWith(suffix) ? name : `${name}${suffix}`;
}
