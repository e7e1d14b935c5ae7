import { randomUUID } from 'node:crypto';
import type { MigrationRequest } from '../contract/migrationRequest.ts';
import { RUN_SUFFIX, runKindOf } from '../contract/runKind.ts';

/** Id of a run by its name, or a new one: an analysis and a comparison have ids beside that of the migration they are of. */
export function runIdOf(request: MigrationRequest): string {
  const name = request.name ?? `migration-${randomUUID().slice(0, 8)}`;
  const suffix = RUN_SUFFIX[runKindOf(request)];
  return name.endsWith(suffix) ? name : `${name}${suffix}`;
}
