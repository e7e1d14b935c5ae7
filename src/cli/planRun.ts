import {
  DEFAULT_DATABASE,
  displayOf,
  namedDatabase,
  parseMongoUri,
  parsePostgresUri,
} from '../config/connectionUri.ts';
import { POSTGRES_VARIABLES } from '../config/postgresParameters.ts';
import { type ConfigFile, destinationUriOf, sourceUriOf } from '../config/schemas/configFile.ts';
import { type Environment, readSettings } from '../config/schemas/settings.ts';
import {
  DEFAULT_SOURCE_SECRET,
  DEFAULT_TARGET_SECRET,
  parseStartRequest,
  type StartRequest,
} from '../config/schemas/startRequest.ts';
import { refuseNearMisses } from '../config/settingNames.ts';
import { MigrationError } from '../errors.ts';
import { deriveName, schemaOf } from './deriveName.ts';
import { choosePreset } from './readConfig.ts';
import type { CommandOptions } from './readOptions.ts';

/** One end of a migration as the options, the file and the environment name it. */
interface Endpoint<Fields> {
  /** Goes to the app. Names only, never a URI. */
  readonly fields: Fields;
  /** Setting of the local host that holds the URI, and the URI; null where a Key Vault or an identity leads there. */
  readonly setting: { readonly name: string; readonly uri: string } | null;
  /** `host:port/database` for people; the name where the URI is not known here. */
  readonly display: string;
  /** Database of this end, or what stands for it where the URI is not known here, and the schema in it that is asked for. */
  readonly database: string;
  readonly schema: string | null;
}

/** What one call of the command asks the app for. */
export interface RunPlan {
  readonly mode: 'migrate' | 'analyse' | 'validate';
  /** Name of the state directory, and of the migration; null leaves the choice to a deployed app. */
  readonly baseName: string | null;
  /** Body of the start request. */
  readonly body: StartRequest;
  /** Settings for the local host; they hold the URIs. */
  readonly settings: Readonly<Record<string, string>>;
  /** True when no target is named, so that a local MongoDB must be started. */
  readonly needsMongod: boolean;
  readonly source: string;
  readonly target: string;
}

const NAME_LIMIT = 64;
const SUFFIX = { migrate: '', analyse: '-analysis', validate: '-validate' } as const;

/** The name that the app knows a run by: dry runs and comparisons must not replace the migration that they belong to. */
export const runName = (baseName: string, mode: RunPlan['mode']): string =>
  `${baseName.slice(0, NAME_LIMIT - SUFFIX[mode].length)}${SUFFIX[mode]}`;

type Source = NonNullable<StartRequest['source']>;
type Destination = NonNullable<StartRequest['destination']>;

/** The fields that also a start request knows. */
const sourceFieldsOf = (source: ConfigFile['source']): Source => {
  const { type: _type, connection_uri: _uri, host: _host, password: _password, ...fields } = source ?? {};
  return fields;
};

const destinationFieldsOf = (destination: ConfigFile['destination']): Destination => {
  const {
    type: _type,
    recommended: _recommended,
    connection_uri: _uri,
    examples: _examples,
    ...fields
  } = destination ?? {};
  return fields;
};

/** A secret by name: the setting of that name in this environment, unless a Key Vault is there to ask. */
const lookUp = (secret: string, env: Environment): string | null => {
  if (env['KEY_VAULT_URI']) return null;
  const uri = env[secret] || env[secret.toUpperCase().replaceAll('-', '_')];
  if (uri) return uri;
  refuseNearMisses(['KEY_VAULT_URI', secret.toUpperCase().replaceAll('-', '_')], env);
  throw new MigrationError('config', `Setting ${secret} is missing, and KEY_VAULT_URI names no Key Vault to look in`, {
    hint: `Set ${secret} to the connection URI`,
  });
};

const describeSource = (
  uri: string,
  label: string,
  fields: Source,
  env: Environment,
): Omit<Endpoint<Source>, 'fields' | 'setting'> => {
  const parsed = parsePostgresUri(uri, label, env);
  return { display: displayOf(parsed), database: parsed.database, schema: fields.schema ?? schemaOf(parsed) };
};

const describeTarget = (
  uri: string,
  label: string,
  fields: Destination,
): Omit<Endpoint<Destination>, 'fields' | 'setting'> => {
  const parsed = parseMongoUri(uri, label);
  const database = fields.database ?? parsed.database;
  return { display: displayOf(parsed, database), database, schema: null };
};

const planSource = (options: CommandOptions, config: ConfigFile, env: Environment): Endpoint<Source> => {
  const preset = choosePreset(options, config)?.source;
  const chosen = preset ?? config.source;
  const fields = sourceFieldsOf(chosen);
  const fromUri = (uri: string, label: string): Endpoint<Source> => {
    const schema = fields.schema === undefined ? {} : { schema: fields.schema };
    return {
      fields: { secret: DEFAULT_SOURCE_SECRET, ...schema },
      setting: { name: DEFAULT_SOURCE_SECRET, uri },
      ...describeSource(uri, label, fields, env),
    };
  };
  const inVault = (secret: string): Endpoint<Source> => {
    const name = `secret ${secret}`;
    return { fields, setting: null, display: name, database: name, schema: fields.schema ?? null };
  };
  if (options.postgresUri !== null) {
    const label = '--postgres-uri';
    // The option wins over the file also in what it says of the schema.
    if (schemaOf(parsePostgresUri(options.postgresUri, label, env)) !== null) fields.schema = undefined;
    return fromUri(options.postgresUri, label);
  }
  const written = sourceUriOf(chosen);
  if (written !== null) return fromUri(written, 'The source of the config file');
  if (fields.server !== undefined) {
    const database = fields.database ?? 'mlflow';
    const display = `${fields.server}:${fields.port ?? 5432}/${database}`;
    return { fields, setting: null, display, database, schema: fields.schema ?? null };
  }
  if (fields.secret !== undefined) {
    const uri = lookUp(fields.secret, env);
    if (uri === null) return inVault(fields.secret);
    const setting = { name: fields.secret, uri };
    return { fields, setting, ...describeSource(uri, `Setting ${fields.secret}`, fields, env) };
  }
  const uri = env[DEFAULT_SOURCE_SECRET];
  if (uri) return fromUri(uri, `Setting ${DEFAULT_SOURCE_SECRET}`);
  if (env['KEY_VAULT_URI']) return inVault(DEFAULT_SOURCE_SECRET);
  refuseNearMisses(['KEY_VAULT_URI', DEFAULT_SOURCE_SECRET], env);
  throw new MigrationError('usage', 'There is no source to migrate from', {
    hint: 'Give --postgres-uri, set POSTGRES_URI, or name it in a file with --config; see mlflow-migrate --help',
  });
};

/** Stands for the local MongoDB, whose port changes from start to start. */
const LOCAL_MONGODB = `local-mongodb/${DEFAULT_DATABASE}`;

const planTarget = (options: CommandOptions, config: ConfigFile, env: Environment): Endpoint<Destination> | null => {
  const preset = choosePreset(options, config)?.destination;
  const chosen = preset ?? config.destination;
  const fields = destinationFieldsOf(chosen);
  const fromUri = (uri: string, label: string): Endpoint<Destination> => {
    const database = fields.database === undefined ? {} : { database: fields.database };
    return {
      fields: { secret: DEFAULT_TARGET_SECRET, ...database },
      setting: { name: DEFAULT_TARGET_SECRET, uri },
      ...describeTarget(uri, label, fields),
    };
  };
  const inVault = (secret: string): Endpoint<Destination> => {
    const database = fields.database ?? `secret ${secret}`;
    return { fields, setting: null, display: `secret ${secret}`, database, schema: null };
  };
  if (options.mongodbUri !== null) {
    const label = '--mongodb-uri';
    if (namedDatabase(parseMongoUri(options.mongodbUri, label)) !== null) fields.database = undefined;
    return fromUri(options.mongodbUri, label);
  }
  const written = destinationUriOf(chosen);
  if (written !== null) return fromUri(written, 'The destination of the config file');
  if (fields.account !== undefined) {
    const database = fields.database ?? DEFAULT_DATABASE;
    return { fields, setting: null, display: `${fields.account}/${database}`, database, schema: null };
  }
  if (fields.secret !== undefined) {
    const uri = lookUp(fields.secret, env);
    if (uri === null) return inVault(fields.secret);
    const setting = { name: fields.secret, uri };
    return { fields, setting, ...describeTarget(uri, `Setting ${fields.secret}`, fields) };
  }
  const uri = env[DEFAULT_TARGET_SECRET];
  if (uri) return fromUri(uri, `Setting ${DEFAULT_TARGET_SECRET}`);
  if (env['KEY_VAULT_URI']) return inVault(DEFAULT_TARGET_SECRET);
  refuseNearMisses(['KEY_VAULT_URI', DEFAULT_TARGET_SECRET], env);
  return null;
};

const modeOf = (options: CommandOptions, config: ConfigFile): RunPlan['mode'] => {
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
};

/** Settings of the file that this run has a use for: the same file serves migrations, analyses and comparisons, of which the app takes only what it acts on. */
const settingsOf = (config: ConfigFile, mode: RunPlan['mode']): NonNullable<StartRequest['migration_settings']> => {
  const { dry_run: _dryRun, ...all } = config.migration_settings ?? {};
  if (mode !== 'validate') return all;
  const { throughput: _throughput, allow_throughput: _allowed, allow_deletes: _deletes, ...compared } = all;
  return compared;
};

/** The start request without its ends: options win over the file. */
const settingsBody = (options: CommandOptions, config: ConfigFile, mode: RunPlan['mode']): StartRequest => {
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
};

/** Settings of the surroundings that the local host needs to reach databases, vault and storage. */
const HANDED_ON = [
  ...POSTGRES_VARIABLES,
  'TASKHUB_NAME',
  'AZURE_CLIENT_ID',
  'AZURE_TENANT_ID',
  'AZURE_SUBSCRIPTION_ID',
  'AZURE_RESOURCE_GROUP',
] as const;

/** What the local host is to do, from options, file and environment. Throws MigrationError with both ends' faults at once. */
const planLocal = (options: CommandOptions, config: ConfigFile, env: Environment): RunPlan => {
  const problems: MigrationError[] = [];
  const attempt = <T>(plan: () => T): T | undefined => {
    try {
      return plan();
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      problems.push(error);
      return undefined;
    }
  };
  const source = attempt(() => planSource(options, config, env));
  const target = attempt(() => planTarget(options, config, env));
  const [problem, other] = problems;
  if (source === undefined || target === undefined || problem !== undefined) {
    if (problem === undefined || other === undefined)
      throw problem ?? new MigrationError('internal', 'No plan was made');
    // What concerns both ends, such as a preset that there is not, is said once.
    const joined = (...texts: string[]) => [...new Set(texts)].join('; ');
    const hint = joined(problem.hint, other.hint);
    throw new MigrationError(problem.kind, joined(problem.message, other.message), { hint });
  }
  const isByName = source.setting === null || (target !== null && target.setting === null);
  const usesVault = Boolean(env['KEY_VAULT_URI']) && isByName;
  const secretInVault = source.fields.secret !== undefined || target?.fields.secret !== undefined;
  if (usesVault && secretInVault && (source.setting !== null || target === null || target.setting !== null)) {
    throw new MigrationError('usage', 'One end is a URI, the other is in the Key Vault of KEY_VAULT_URI', {
      hint: 'Give both as URIs, or both as names of secrets',
    });
  }
  const mode = modeOf(options, config);
  const body = settingsBody(options, config, mode);
  const targetDisplay = target?.display ?? LOCAL_MONGODB;
  const baseName =
    options.name ??
    config.name ??
    deriveName({
      source: source.database,
      schema: source.schema,
      target: target?.database ?? DEFAULT_DATABASE,
      isOwnTarget: target === null,
      layout: body.layout ?? 'tables',
      workspace: body.workspace ?? null,
    });
  const handedOn = HANDED_ON.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  const settings = {
    ...Object.fromEntries(handedOn),
    // Empty counts as missing: the host inherits this environment, and with a vault it would not look at settings.
    KEY_VAULT_URI: usesVault ? (env['KEY_VAULT_URI'] ?? '') : '',
    ...(source.setting === null ? {} : { [source.setting.name]: source.setting.uri }),
    ...(target === null || target.setting === null ? {} : { [target.setting.name]: target.setting.uri }),
  };
  // The host would refuse them as well: told here, it is not started to find out.
  readSettings({ ...env, ...settings });
  return {
    mode,
    baseName,
    body: {
      name: runName(baseName, mode),
      source: source.fields,
      destination: target?.fields ?? { secret: DEFAULT_TARGET_SECRET },
      ...body,
    },
    settings,
    needsMongod: target === null,
    source: source.display,
    target: targetDisplay,
  };
};

/** What a deployed app is to do: it takes connections by the name of a secret, and never a URI. */
const planRemote = (options: CommandOptions, config: ConfigFile): RunPlan => {
  const preset = choosePreset(options, config);
  const source = preset?.source ?? config.source;
  // The target of the built-in preset is a local one, which a deployed app could not reach.
  const destination = options.isQuickAutonomize ? config.destination : (preset?.destination ?? config.destination);
  const withUri = [
    ...(sourceUriOf(source) === null ? [] : ['source']),
    ...(destinationUriOf(destination) === null ? [] : ['destination']),
  ];
  if (withUri.length > 0) {
    throw new MigrationError(
      'usage',
      `The config file gives ${withUri.join(' and ')} as a URI, which cannot go with --url`,
      {
        hint: 'Store the URIs as secrets of the Key Vault of the app, and name them as source.secret and destination.secret',
      },
    );
  }
  const mode = modeOf(options, config);
  const baseName = options.name ?? config.name ?? null;
  const sourceFields = sourceFieldsOf(source);
  const destinationFields = destinationFieldsOf(destination);
  const body: StartRequest = {
    ...(baseName === null ? {} : { name: runName(baseName, mode) }),
    ...(Object.keys(sourceFields).length === 0 ? {} : { source: sourceFields }),
    ...(Object.keys(destinationFields).length === 0 ? {} : { destination: destinationFields }),
    ...settingsBody(options, config, mode),
  };
  return {
    mode,
    baseName,
    // The app takes an empty request for one that lost its content on the way.
    body: Object.keys(body).length === 0 ? { defaults: true } : body,
    settings: {},
    needsMongod: false,
    source: sourceFields.server ?? `secret ${sourceFields.secret ?? DEFAULT_SOURCE_SECRET}`,
    target: destinationFields.account ?? `secret ${destinationFields.secret ?? DEFAULT_TARGET_SECRET}`,
  };
};

/** Puts options, configuration file and environment together. Throws MigrationError('usage' or 'config'). */
export const planRun = (options: CommandOptions, config: ConfigFile, env: Environment): RunPlan => {
  const plan = options.url === null ? planLocal(options, config, env) : planRemote(options, config);
  // The app would refuse the same: told here, nothing has to be started to find out.
  parseStartRequest(plan.body);
  return plan;
};
