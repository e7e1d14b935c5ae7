import type { Environment } from '../../config/environment.ts';
import type { GrantTarget } from '../../config/grantsFor.ts';
import { refuseUnknownOwn } from '../../config/settingNames.ts';
import type { ArtifactMapping } from '../../contract/artifactMap.ts';
import type { LayoutName } from '../../contract/layoutName.ts';
import type { UniqueIndexes } from '../../contract/uniqueIndexes.ts';
import type { ValidationLevel } from '../../contract/validationLevel.ts';
import { MigrationError } from '../../errors.ts';
import { brokenRules, nameAskedFor } from './optionRules.ts';
import type { CommandName } from './optionTable.ts';
import { OptionValues } from './optionValues.ts';
import type { Arguments } from './parseArguments.ts';

/** The checked options of one call. Null and false: not given. */
export interface CommandOptions {
  readonly command: CommandName;
  readonly postgresUri: string | null;
  readonly mongodbUri: string | null;
  readonly configFile: string | null;
  readonly isQuickAutonomize: boolean;
  readonly preset: string | null;
  readonly layout: LayoutName | null;
  readonly tables: readonly string[] | null;
  readonly exclude: readonly string[] | null;
  readonly workspace: string | null;
  /** Names and ids. */
  readonly experiments: readonly string[] | null;
  readonly mapArtifacts: readonly ArtifactMapping[] | null;
  readonly batchSize: number | 'auto' | null;
  readonly parallel: number | null;
  readonly validate: ValidationLevel | null;
  readonly uniqueIndexes: UniqueIndexes | null;
  readonly isDryRun: boolean;
  readonly isCatchUp: boolean;
  /** Seconds between two passes of a run that follows its source; null: it ends with its proof. */
  readonly follow: number | null;
  /** Name of the migration; for `status` and its like also an id. */
  readonly name: string | null;
  readonly isResume: boolean;
  readonly isDropTarget: boolean;
  readonly isAdoptTarget: boolean;
  readonly allowDeletes: number | 'all' | null;
  readonly isYes: boolean;
  readonly reportDirectory: string | null;
  readonly stateDirectory: string;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  /** Base address of a deployed app without a slash at the end; null: a local host. */
  readonly url: string | null;
  readonly key: string | null;
  /** Where the function key is when `key` is null. */
  readonly keySecret: { readonly vault: string; readonly name: string } | null;
  /** What `grants` gives rights on, and to whom. */
  readonly grantTarget: GrantTarget | null;
  readonly user: string | null;
  readonly database: string | null;
  readonly schema: string | null;
  readonly account: string | null;
  /** What `verify-report` looks at, and the key that it expects. */
  readonly path: string | null;
  readonly publicKeyFile: string | null;
  readonly fingerprint: string | null;
}

/** Beside whatever the command is called from. */
export const DEFAULT_STATE_DIRECTORY = '.mlflow-migrate';

/** Gives the options their types. Throws MigrationError('usage') that lists all faults, those of {@link parseArguments} first. */
export function readOptions(args: Arguments, env: Environment): CommandOptions {
  refuseUnknownOwn(env);
  const parsed = OptionValues.safeParse(Object.fromEntries(args.options));
  const valueFaults = (parsed.error?.issues ?? []).map(({ path, message }) => `--${String(path[0])} ${message}`);
  const faults = [...args.faults, ...brokenRules(args), ...valueFaults];
  if (!parsed.success || faults.length > 0) throw new MigrationError('usage', faults.join('; '));
  const values = parsed.data;
  const [vault, secret] = [values['key-vault'], values['key-secret']];
  return {
    command: args.command,
    postgresUri: values['postgres-uri'],
    mongodbUri: values['mongodb-uri'],
    configFile: values.config,
    isQuickAutonomize: values['quick-migrate-autonomize'],
    preset: values.preset,
    layout: values.layout,
    tables: values.tables,
    exclude: values.exclude,
    workspace: values.workspace,
    experiments: values.experiments,
    mapArtifacts: values['map-artifacts'],
    batchSize: values['batch-size'],
    parallel: values.parallel,
    validate: values.validate,
    uniqueIndexes: values['unique-indexes'],
    isDryRun: values['dry-run'],
    isCatchUp: values['catch-up'],
    follow: values.follow,
    name: nameAskedFor(args),
    isResume: values.resume,
    isDropTarget: values['drop-target'],
    isAdoptTarget: values['adopt-target'],
    allowDeletes: values['allow-deletes'],
    isYes: values.yes,
    reportDirectory: values['report-dir'],
    stateDirectory: values['state-dir'] ?? DEFAULT_STATE_DIRECTORY,
    isJson: values.json,
    isQuiet: values.quiet,
    isVerbose: values.verbose,
    url: values.url,
    // A secret that is named goes before a key that happens to be in the environment.
    key: values.key ?? (secret === null ? env['MLFLOW_MIGRATE_KEY'] || null : null),
    keySecret: vault === null || secret === null ? null : { vault, name: secret },
    grantTarget: values.for,
    user: values.user,
    database: values.database,
    schema: values.schema,
    account: values.account,
    path: args.command === 'verify-report' ? args.subject : null,
    publicKeyFile: values['public-key'],
    fingerprint: values.fingerprint,
  };
}
