import type { ConfigFile } from '../../config/schemas/configFile.ts';
import type { StartRequest } from '../../contract/startRequest.ts';
import { MigrationError } from '../../errors.ts';
import type { CommandOptions } from '../options/readOptions.ts';
import type { RunMode } from './runPlan.ts';

/** What options and file together ask for. Throws MigrationError('usage') where they contradict each other. */
export function modeOf(options: CommandOptions, config: ConfigFile): RunMode {
  if (options.command === 'validate') return 'validate';
  if (options.isDryRun) return 'analyse';
  if (config.migration_settings?.dry_run !== true) return 'migrate';
  const writing = (['isResume', 'isCatchUp', 'isDropTarget'] as const).filter((option) => options[option]);
  if (writing.length === 0) return 'analyse';
  const names = { isResume: '--resume', isCatchUp: '--catch-up', isDropTarget: '--drop-target' };
  const given = writing.map((option) => names[option]).join(' and ');
  throw new MigrationError('usage', `${given} cannot go with migration_settings.dry_run of the config file`, {
    hint: 'Remove dry_run from the file, or leave the option away to analyse only',
  });
}

/** Settings of the file that this run has a use for: the same file serves migrations, analyses and comparisons, of which the app takes only what it acts on. */
function settingsOf(config: ConfigFile, mode: RunMode): NonNullable<StartRequest['migration_settings']> {
  const { dry_run: _dryRun, ...all } = config.migration_settings ?? {};
  if (mode !== 'validate') return all;
  const { throughput: _throughput, allow_throughput: _allowed, allow_deletes: _deletes, ...compared } = all;
  return compared;
}

/** The start request without its ends: options win over the file. */
export function startBody(options: CommandOptions, config: ConfigFile, mode: RunMode): StartRequest {
  const inFile = settingsOf(config, mode);
  const tables = options.tables ?? config.tables ?? config.tables_to_migrate;
  const workspace = options.workspace ?? config.workspace;
  const layout = options.layout ?? config.layout;
  const migrationSettings = {
    ...inFile,
    ...(options.batchSize === null ? {} : { batch_size: options.batchSize }),
    ...(options.parallel === null ? {} : { parallel: options.parallel }),
    ...(options.allowDeletes === null ? {} : { allow_deletes: options.allowDeletes }),
    ...(options.validate === null ? {} : { validate: options.validate }),
    ...(mode === 'analyse' ? { dry_run: true } : {}),
  };
  return {
    ...(layout === undefined ? {} : { layout }),
    ...(tables === undefined ? {} : { tables: [...tables] }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(options.isDropTarget ? { dropTarget: true } : {}),
    ...(options.isAdoptTarget ? { adoptTarget: true } : {}),
    ...(options.isYes ? { allowExisting: true } : {}),
    ...(options.isCatchUp ? { catchUp: true } : {}),
    ...(mode === 'validate' ? { validateOnly: true } : {}),
    ...(Object.keys(migrationSettings).length === 0 ? {} : { migration_settings: migrationSettings }),
  };
}
