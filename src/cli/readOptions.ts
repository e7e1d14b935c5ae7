import { didYouMean } from '../config/didYouMean.ts';
import { GRANT_TARGETS, type GrantTarget } from '../config/grants.ts';
import type { Environment } from '../config/schemas/settings.ts';
import { refuseUnknownOwn } from '../config/settingNames.ts';
import { BATCH_SIZE_LIMIT, PARALLEL_LIMIT } from '../contract/migrationSettings.ts';
import { MigrationError } from '../errors.ts';
import { type CommandName, OPTIONS, OPTIONS_OF, type OptionName } from './optionTable.ts';
import type { Arguments } from './parseArguments.ts';

/** The checked options of one call. Null and false: not given. */
export interface CommandOptions {
  readonly command: CommandName;
  readonly postgresUri: string | null;
  readonly mongodbUri: string | null;
  readonly configFile: string | null;
  readonly isQuickAutonomize: boolean;
  readonly preset: string | null;
  readonly layout: 'tables' | 'mlflow' | null;
  readonly tables: readonly string[] | null;
  readonly workspace: string | null;
  readonly batchSize: number | 'auto' | null;
  readonly parallel: number | null;
  readonly validate: 'none' | 'counts' | 'full' | null;
  readonly isDryRun: boolean;
  readonly isCatchUp: boolean;
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
}

/** Beside whatever the command is called from. */
export const DEFAULT_STATE_DIRECTORY = '.mlflow-migrate';

/** Digits that a number may have: beyond it `all` is meant. */
const MOST_DELETES = 999_999_999_999_999;

const EXCLUSIVE: readonly (readonly [OptionName, OptionName])[] = [
  ['dry-run', 'resume'],
  ['dry-run', 'catch-up'],
  ['dry-run', 'drop-target'],
  ['catch-up', 'drop-target'],
  ['resume', 'drop-target'],
  ['adopt-target', 'drop-target'],
  ['quick-migrate-autonomize', 'preset'],
  ['quiet', 'verbose'],
  ['key', 'key-secret'],
];

const isRead = (command: CommandName, name: OptionName): boolean =>
  name === 'help' || name === 'version' || OPTIONS_OF[command].includes(name);

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/i.test(host);

const readUrl = (text: string, faults: string[]): string | null => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    faults.push('--url must be the address of the function app, such as https://app.azurewebsites.net');
    return null;
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    faults.push('--url must be an address without login, query and fragment; the key goes to --key');
    return null;
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    faults.push('--url must be https:// for another machine, as the key travels with each request');
    return null;
  }
  return `${url.origin}${url.pathname.replace(/\/(?:api\/?)?$/, '')}`;
};

/** Domains of Key Vault in Azure's clouds: a login token goes to this host, so no other one will do. */
const VAULT_HOST = /^[a-z0-9-]{3,24}\.vault\.(?:azure\.net|usgovcloudapi\.net|azure\.cn)$/i;

const readKeySecret = (vault: string | null, name: string | null, faults: string[]): CommandOptions['keySecret'] => {
  if (vault === null && name === null) return null;
  if (vault === null || name === null) {
    faults.push('--key-vault and --key-secret go together');
    return null;
  }
  const url = URL.canParse(vault) ? new URL(vault) : null;
  if (url?.protocol !== 'https:' || !VAULT_HOST.test(url.host) || url.username !== '') {
    faults.push('--key-vault must be the address of a Key Vault, such as https://name.vault.azure.net');
    return null;
  }
  if (!/^[A-Za-z0-9-]{1,127}$/.test(name)) {
    faults.push('--key-secret must be 1 to 127 letters, digits or -');
    return null;
  }
  return { vault: url.origin, name };
};

/** Gives the options their types. Throws MigrationError('usage') that lists all faults, those of {@link parseArguments} first. */
export const readOptions = (
  { command, options, subject, faults: earlier }: Arguments,
  env: Environment,
): CommandOptions => {
  refuseUnknownOwn(env);
  const faults = [...earlier];
  const text = (name: OptionName): string | null => {
    const value = options.get(name);
    if (typeof value !== 'string') return null;
    if (value.trim() === '') faults.push(`--${name} is empty`);
    return value.trim() === '' ? null : value;
  };
  const wholeNumber = (name: OptionName, most: number, { least = 1, also = '' } = {}): number | null => {
    const value = text(name);
    if (value === null) return null;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    faults.push(`--${name} must be a whole number from ${least} to ${most}${also}`);
    return null;
  };
  const oneOf = <T extends string>(name: OptionName, known: readonly T[]): T | null => {
    const value = text(name);
    if (value === null) return null;
    const match = known.find((candidate) => candidate === value);
    if (match !== undefined) return match;
    const meant = didYouMean(value, known);
    faults.push(`--${name} must be ${known.join(' or ')}${meant === null ? '' : `; did you mean ${meant}?`}`);
    return null;
  };
  const tableList = (): string[] | null => {
    const value = text('tables');
    if (value === null) return null;
    const tables = value.split(',').map((table) => table.trim());
    if (tables.some((table) => table === '')) faults.push('--tables has an empty name; write it as A,B');
    return [...new Set(tables)];
  };
  const given = text('name') ?? subject;
  if (subject !== null && given !== subject)
    faults.push(`${command} is given two names: as --name and behind ${command}`);
  // Ids of dry runs and comparisons are names with a suffix.
  const isNamed = command === 'migrate' || command === 'validate';
  const namePattern = isNamed ? /^[A-Za-z0-9_-]{1,64}$/ : /^[A-Za-z0-9_-]{1,100}$/;
  if (given !== null && !namePattern.test(given)) faults.push('--name must be 1 to 64 letters, digits, - or _');
  for (const [one, other] of EXCLUSIVE) {
    if (options.has(one) && options.has(other)) faults.push(`--${one} and --${other} exclude each other`);
  }
  if (options.has('preset') && !options.has('config')) faults.push('--preset needs --config, which defines presets');
  for (const { name, group } of OPTIONS) {
    if (!options.has(name) || isRead(command, name)) continue;
    faults.push(group === 'Grants' ? `--${name} belongs to grants` : `${command} does not read --${name}`);
  }
  const writtenUrl = text('url');
  for (const name of ['key', 'key-vault', 'key-secret'] as const) {
    if (writtenUrl === null && options.has(name)) faults.push(`--${name} needs --url`);
  }
  const remoteUri = (['postgres-uri', 'mongodb-uri'] as const).filter((name) => options.has(name));
  if (writtenUrl !== null) {
    faults.push(
      ...remoteUri.map(
        (name) => `--${name} cannot go with --url: a deployed app takes connections by the name of a secret`,
      ),
    );
    if (options.has('state-dir')) faults.push('--state-dir cannot go with --url: a deployed app keeps its own state');
  }

  const read: CommandOptions = {
    command,
    postgresUri: text('postgres-uri'),
    mongodbUri: text('mongodb-uri'),
    configFile: text('config'),
    isQuickAutonomize: options.has('quick-migrate-autonomize'),
    preset: text('preset'),
    layout: oneOf('layout', ['tables', 'mlflow']),
    tables: tableList(),
    workspace: text('workspace'),
    batchSize:
      options.get('batch-size') === 'auto'
        ? 'auto'
        : wholeNumber('batch-size', BATCH_SIZE_LIMIT, { also: ', or auto' }),
    parallel: wholeNumber('parallel', PARALLEL_LIMIT),
    validate: oneOf('validate', ['none', 'counts', 'full']),
    isDryRun: options.has('dry-run'),
    isCatchUp: options.has('catch-up'),
    name: given,
    isResume: options.has('resume'),
    isDropTarget: options.has('drop-target'),
    isAdoptTarget: options.has('adopt-target'),
    allowDeletes:
      options.get('allow-deletes') === 'all'
        ? 'all'
        : wholeNumber('allow-deletes', MOST_DELETES, { least: 0, also: ', or all' }),
    isYes: options.has('yes'),
    reportDirectory: text('report-dir'),
    stateDirectory: text('state-dir') ?? DEFAULT_STATE_DIRECTORY,
    isJson: options.has('json'),
    isQuiet: options.has('quiet'),
    isVerbose: options.has('verbose'),
    url: writtenUrl === null ? null : readUrl(writtenUrl, faults),
    // A secret that is named goes before a key that happens to be in the environment.
    key: text('key') ?? (options.has('key-secret') ? null : env['MLFLOW_MIGRATE_KEY'] || null),
    keySecret: readKeySecret(text('key-vault'), text('key-secret'), faults),
    grantTarget: oneOf('for', GRANT_TARGETS),
    user: text('user'),
    database: text('database'),
    schema: text('schema'),
    account: text('account'),
  };
  if (faults.length > 0) throw new MigrationError('usage', faults.join('; '));
  return read;
};
