import type { ConfigFile } from '../../config/schemas/configFile.ts';
import type { RunKind } from '../../contract/runKind.ts';
import type { StartRequest } from '../../contract/startRequest.ts';
import { MigrationError } from '../../errors.ts';
import type { CommandOptions } from '../options/readOptions.ts';

/** What options and file together ask for. Throws MigrationError('usage') where they contradict each other. */
export function kindAskedFor(options: CommandOptions, config: ConfigFile): RunKind {
  if (options.command === 'validate') return 'comparison';
  if (options.isDryRun) return 'analysis';
  if (config.migration_settings?.dry_run !== true) return 'migration';
  const writing = (['isResume', 'isCatchUp', 'isDropTarget'] as const).filter((option) => options[option]);
  if (writing.length === 0) return 'analysis';
  const names = { isResume: '--resume', isCatchUp: '--catch-up', isDropTarget: '--drop-target' };
  const given = writing.map((option) => names[option]).join(' and ');
  throw new MigrationError('usage', `${given} cannot go with migration_settings.dry_run of the config file`, {
    hint: 'Remove dry_run from the file, or leave the option out to analyse only',
  });
}

/** Settings of the file that this run has a use for: the same file serves migrations, analyses and comparisons, of which the app takes only what it acts on. */
function settingsOf(config: ConfigFile, kind: RunKind): NonNullable<StartRequest['migration_settings']> {
  const { dry_run: _dryRun, ...all } = config.migration_settings ?? {};
  if (kind !== 'comparison') return all;
  const { throughput: _throughput, allow_throughput: _allowed, allow_deletes: _deletes, ...compared } = all;
  return compared;
}

/** The start request without its ends: options win over the file. */
export function startBody(options: CommandOptions, config: ConfigFile, kind: RunKind): StartRequest {
  const inFile = settingsOf(config, kind);
  const tables = options.tables ?? config.tables ?? config.tables_to_migrate;
  const exclude = options.exclude ?? config.exclude;
  const workspace = options.workspace ?? config.workspace;
  const experiments = options.experiments ?? config.experiments;
  const artifacts = options.mapArtifacts ?? config.artifacts;
  const layout = options.layout ?? config.layout;
  const migrationSettings = {
    ...inFile,
    ...(options.batchSize === null ? {} : { batch_size: options.batchSize }),
    ...(options.parallel === null ? {} : { parallel: options.parallel }),
    ...(options.allowDeletes === null ? {} : { allow_deletes: options.allowDeletes }),
    ...(options.validate === null ? {} : { validate: options.validate }),
    ...(options.uniqueIndexes === null ? {} : { unique_indexes: options.uniqueIndexes }),
    ...(kind === 'analysis' ? { dry_run: true } : {}),
  };
  return {
    ...(layout === undefined ? {} : { layout }),
    ...(tables === undefined ? {} : { tables: [...tables] }),
    ...(exclude === undefined ? {} : { exclude: [...exclude] }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(experiments === undefined ? {} : { experiments: [...experiments] }),
    ...(artifacts === undefined ? {} : { artifacts: [...artifacts] }),
    ...(options.isDropTarget ? { dropTarget: true } : {}),
    ...(options.isAdoptTarget ? { adoptTarget: true } : {}),
    ...(options.isYes ? { allowExisting: true } : {}),
    ...(options.isCatchUp ? { catchUp: true } : {}),
    ...(options.follow === null ? {} : { follow: options.follow }),
    ...(kind === 'comparison' ? { validateOnly: true } : {}),
    ...(Object.keys(migrationSettings).length === 0 ? {} : { migration_settings: migrationSettings }),
  };
}
