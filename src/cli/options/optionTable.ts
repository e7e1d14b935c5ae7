import { DEFAULT_LAYOUT, LAYOUT_NAMES } from '../../contract/layoutName.ts';
import { UNIQUE_INDEXES } from '../../contract/uniqueIndexes.ts';
import { VALIDATION_LEVELS } from '../../contract/validationLevel.ts';

/** One option of the command. `value` names its value in the help; an option without it is a switch. */
export interface OptionDescription {
  readonly name: string;
  readonly value?: string;
  /** May the value be left out? */
  readonly isValueOptional?: true;
  /** May it be given several times, each with a value of its own? */
  readonly isRepeatable?: true;
  readonly description: string;
  /** As shown in the help. */
  readonly default?: string;
  readonly group:
    | 'Connections'
    | 'What and how'
    | 'Safety'
    | 'Output and state'
    | 'Deployed app'
    | 'Grants'
    | 'Evidence';
}

/** Every option, in the order of the help. Names are a contract. */
export const OPTIONS = [
  {
    name: 'postgres-uri',
    value: 'URI',
    group: 'Connections',
    description: 'Source, postgresql://user:password@host:5432/database',
    default: '$POSTGRES_URI',
  },
  {
    name: 'mongodb-uri',
    value: 'URI',
    group: 'Connections',
    description:
      'Target, mongodb:// or mongodb+srv://; without a database name it gets mlflow_migrated. Without any target a local MongoDB is started',
    default: '$MONGODB_URI',
  },
  {
    name: 'config',
    value: 'FILE',
    group: 'Connections',
    description:
      'JSON file in the shape of the original tool. Options win over the file, the file over environment variables',
  },
  {
    name: 'quick-migrate-autonomize',
    group: 'Connections',
    description:
      'Preset of the original tool: source from $AUTONOMIZE_POSTGRES_URI, target mongodb://localhost:27017/mlflow_migrated',
  },
  {
    name: 'preset',
    value: 'NAME',
    group: 'Connections',
    description: 'Source and target from presets.NAME of the config file',
  },
  {
    name: 'layout',
    value: LAYOUT_NAMES.join('|'),
    group: 'What and how',
    description: 'tables: one collection per table; mlflow: the documents that the mlflow-mongodb plugin reads',
    default: `${DEFAULT_LAYOUT}; on a terminal it is asked for`,
  },
  { name: 'tables', value: 'A,B', group: 'What and how', description: 'Only these tables', default: 'all' },
  { name: 'exclude', value: 'A,B', group: 'What and how', description: 'All tables but these', default: 'none' },
  {
    name: 'workspace',
    value: 'NAME',
    group: 'What and how',
    description: 'Only this MLflow workspace',
    default: 'all',
  },
  {
    name: 'experiments',
    value: 'NAME|ID,…',
    group: 'What and how',
    description: 'Only these experiments and what hangs on them; a name with a comma in double quotes',
    default: 'all',
  },
  {
    name: 'map-artifacts',
    value: 'FROM=TO',
    isRepeatable: true,
    group: 'What and how',
    description:
      'Locations of artifacts that begin with FROM begin with TO in the target; give it once for each prefix, the longest one that fits counts. Files are not moved',
    default: 'all are carried as they are',
  },
  {
    name: 'batch-size',
    value: 'N',
    group: 'What and how',
    description: 'Most rows in a batch, 1 to 100000, or auto: chosen by bytes',
    default: 'auto',
  },
  {
    name: 'parallel',
    value: 'N',
    group: 'What and how',
    description: 'Most ranges copied at once, 1 to 64',
    default: 'chosen by what the target takes',
  },
  {
    name: 'validate',
    value: VALIDATION_LEVELS.join('|'),
    group: 'What and how',
    description: 'full compares every row with its document and repairs differences once',
    default: 'full',
  },
  {
    name: 'unique-indexes',
    value: UNIQUE_INDEXES.join('|'),
    group: 'What and how',
    description:
      'Which indexes are unique that the source says are. auto: all, but on DocumentDB, where they are slow, none whose fields hold the key that the _id is made of',
    default: 'auto',
  },
  { name: 'dry-run', group: 'What and how', description: 'Analyse and estimate, write nothing to the target' },
  {
    name: 'catch-up',
    group: 'What and how',
    description: 'Only bring a migrated target up to date: insert, replace, delete what vanished',
  },
  {
    name: 'follow',
    value: '[SECONDS]',
    isValueOptional: true,
    group: 'What and how',
    description:
      'Go on after the proof: so many seconds after each pass the next one brings over what changed, until cutover, cancel or Ctrl-C',
    default: 'off; 10 seconds where only --follow is given',
  },
  {
    name: 'name',
    value: 'NAME',
    group: 'What and how',
    description: 'Name of the migration: 1 to 64 letters, digits, - or _',
    default: 'derived from the names of both databases, schema, layout and workspace',
  },
  { name: 'resume', group: 'What and how', description: 'Go on with the migration of that name where it stopped' },
  {
    name: 'drop-target',
    group: 'Safety',
    description: 'Empty the collections that are written to first; asks on a terminal',
  },
  {
    name: 'adopt-target',
    group: 'Safety',
    description:
      'Take over a target that was filled from a copy of this source with another identity, such as before a move by dump and restore',
  },
  {
    name: 'allow-deletes',
    value: 'N|all',
    group: 'Safety',
    description:
      'Most documents that may be deleted because their rows are gone from the source; where there are more, none is deleted',
    default: '1,000, or a tenth of a collection where that is more',
  },
  {
    name: 'yes',
    group: 'Safety',
    description:
      'Do not ask: drop the target if --drop-target is given, write beside other data that is there, make collections that are each paid for separately. Does not consent to deletions',
  },
  {
    name: 'report-dir',
    value: 'DIR',
    group: 'Output and state',
    description: 'Where the reports are written',
    default: 'reports in the state directory',
  },
  {
    name: 'state-dir',
    value: 'DIR',
    group: 'Output and state',
    description: 'Local history, storage, logs and reports',
    default: './.mlflow-migrate',
  },
  { name: 'json', group: 'Output and state', description: 'One JSON document on stdout in place of the text report' },
  { name: 'quiet', group: 'Output and state', description: 'No progress, only errors, on stderr' },
  { name: 'verbose', group: 'Output and state', description: 'Log lines of the local host on stderr' },
  {
    name: 'url',
    value: 'URL',
    group: 'Deployed app',
    description: 'Function app to use in place of a local host, such as https://app.azurewebsites.net',
  },
  {
    name: 'key',
    value: 'KEY',
    group: 'Deployed app',
    description: 'Function key of the app; better set in the environment, where other users cannot see it',
    default: '$MLFLOW_MIGRATE_KEY',
  },
  {
    name: 'key-vault',
    value: 'URL',
    group: 'Deployed app',
    description: 'Key Vault that holds the function key, read with your Azure login; for --key-secret',
  },
  {
    name: 'key-secret',
    value: 'NAME',
    group: 'Deployed app',
    description: 'Secret in --key-vault whose value is the function key',
  },
  {
    name: 'for',
    value: 'TARGET',
    group: 'Grants',
    description:
      'What the rights are for: postgres (Entra login), postgres-password, mongodb, vcore (DocumentDB cluster) or ru (request units)',
  },
  {
    name: 'user',
    value: 'NAME',
    group: 'Grants',
    description: 'Who gets the rights: the name of the identity, role or user; for vcore and ru also its object id',
  },
  { name: 'database', value: 'NAME', group: 'Grants', description: 'Database of the source or the target' },
  {
    name: 'schema',
    value: 'NAME',
    group: 'Grants',
    description: 'PostgreSQL schema that holds the tables',
    default: 'public',
  },
  { name: 'account', value: 'NAME', group: 'Grants', description: 'Cosmos DB account or cluster, without its domain' },
  {
    name: 'public-key',
    value: 'FILE',
    group: 'Evidence',
    description: 'Ed25519 public key (PEM) that must have signed the manifest',
  },
  {
    name: 'fingerprint',
    value: 'HEX',
    group: 'Evidence',
    description: 'Fingerprint of the key that must have signed the manifest: SHA-256 of its DER',
  },
  { name: 'help', group: 'Output and state', description: 'What there is, or what a command reads' },
  { name: 'version', group: 'Output and state', description: 'Version of this program' },
] as const satisfies readonly OptionDescription[];

export type OptionName = (typeof OPTIONS)[number]['name'];

/** Subcommands; without one the command migrates. */
export const COMMANDS = {
  migrate: 'Migrate (the default)',
  init: 'Ask for both ends and the layout, and write a config file',
  doctor: 'Say what is missing here and at both ends, and the cure',
  status: 'Show how far a migration is',
  report: 'Print the report of a migration and write its files',
  validate: 'Compare source and target, and write nothing',
  cancel: 'End a migration; what was copied stays',
  suspend: 'Pause a migration that is running',
  resume: 'Let a suspended migration go on',
  cutover: 'End a migration that --follow keeps going, with a proof',
  differences: 'Print what was found different or deleted, as JSON lines',
  'verify-report': 'Tell whether reports are as a run left them',
  grants: 'Print the SQL or commands that give an identity its rights',
  help: 'Show what a command reads: help COMMAND; or everything: help all',
  completion: 'Print what completes commands and options in bash, zsh or fish',
} as const;

export type CommandName = keyof typeof COMMANDS;

const CONNECTIONS = ['postgres-uri', 'mongodb-uri', 'config', 'quick-migrate-autonomize', 'preset'] as const;

/**
 * For looking at a migration, or telling it something: which one (its name, or what a name is derived from), where it is, and
 * how to answer.
 */
const TO_FIND_IT = [
  ...(['name', 'state-dir', 'url', 'key', 'key-vault', 'key-secret', 'json', 'quiet', 'verbose'] as const),
  ...CONNECTIONS,
  ...(['layout', 'workspace'] as const),
] as const;

/** What decides which rows are compared with which documents, how, and whether they may be another's. */
const TO_COMPARE = [
  ...TO_FIND_IT,
  'tables',
  'exclude',
  'experiments',
  'map-artifacts',
  'batch-size',
  'parallel',
  'validate',
  'unique-indexes',
  'resume',
  'report-dir',
  'adopt-target',
  'yes',
] as const;

/** Options that each subcommand reads, besides help and version. Any other is refused, as what it asks for would not happen. */
export const OPTIONS_OF: Readonly<Record<CommandName, readonly OptionName[]>> = {
  migrate: [...TO_COMPARE, 'dry-run', 'catch-up', 'follow', 'drop-target', 'allow-deletes'],
  validate: TO_COMPARE,
  init: ['config', 'state-dir', 'quiet', 'verbose'],
  doctor: TO_FIND_IT,
  status: TO_FIND_IT,
  report: [...TO_FIND_IT, 'report-dir'],
  differences: TO_FIND_IT,
  // With the connections it also gives back what a dead migration has claimed in its target.
  cancel: TO_FIND_IT,
  suspend: TO_FIND_IT,
  resume: TO_FIND_IT,
  cutover: TO_FIND_IT,
  'verify-report': ['public-key', 'fingerprint', 'json', 'quiet', 'verbose'],
  grants: ['for', 'user', 'database', 'schema', 'account', 'json', 'quiet', 'verbose'],
  help: [],
  completion: [],
};
