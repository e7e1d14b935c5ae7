import { RUN_SUFFIX, type RunKind } from '../contract/runKind.ts';
import type { StartRequest } from '../contract/startRequest.ts';

/** The body of the migration that a dry run spoke of. */
export function migrationOf(analysed: StartRequest, follow: number | null): StartRequest {
  const { dry_run: _dryRun, ...settings } = analysed.migration_settings ?? {};
  return {
    ...analysed,
    ...(analysed.name === undefined ? {} : { name: withoutSuffix(analysed.name, 'analysis') }),
    ...(follow === null ? {} : { follow }),
    migration_settings: settings,
  };
}

/** The body that only brings up to date what a migration has filled. It ends with its proof, and asks for one of everything. */
export function catchUpOf({ follow: _follow, ...migrated }: StartRequest): StartRequest {
  return { ...migrated, catchUp: true, migration_settings: { ...migrated.migration_settings, validate: 'full' } };
}

function withoutSuffix(name: string, kind: RunKind): string {
  const suffix = RUN_SUFFIX[kind];
  return name.endsWith(suffix) && name !== suffix ? name.slice(0, -suffix.length) : name;
}
