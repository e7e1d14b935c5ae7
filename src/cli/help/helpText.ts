import { COMMANDS, OPTIONS, type OptionDescription } from '../options/optionTable.ts';
import { optionTerm } from './optionTerm.ts';
import { row } from './wrap.ts';

const INDENT = 32;

function optionRow(option: OptionDescription): string {
  const shownDefault = option.default === undefined ? '' : ` (default: ${option.default})`;
  return row(`  ${optionTerm(option)}`, `${option.description}${shownDefault}`, INDENT);
}

/** In the order of the help. */
export const GROUPS: readonly OptionDescription['group'][] = [
  'Connections',
  'What and how',
  'Safety',
  'Output and state',
  'Deployed app',
  'Grants',
  'Evidence',
];

/** Variables that the command reads, and what for. */
export const ENVIRONMENT = [
  ['POSTGRES_URI', 'Source, unless an option or the config file names one'],
  ['MONGODB_URI', 'Target, unless an option or the config file names one'],
  ['AUTONOMIZE_POSTGRES_URI', 'Source of --quick-migrate-autonomize'],
  ['PGCONNECT_TIMEOUT', 'Seconds until a connection to PostgreSQL counts as failed (default: 10)'],
  ['MLFLOW_MIGRATE_KEY', 'Function key of the app at --url'],
  ['MLFLOW_MIGRATE_TOKEN', 'Token of Microsoft Entra for the app at --url, where it wants one besides the key'],
  ['AzureWebJobsStorage', 'Storage account for state and reports; without it they are files in the state directory'],
  ['REPORT_SIGNING_KEY', 'Ed25519 private key to sign reports with (default: one in the state directory)'],
  ['MLFLOW_MIGRATE_APP', 'Directory of the built app for the local host (default: this package)'],
  ['MONGOD_PATH', 'mongod to start when no target is named'],
  ['NO_COLOR', 'Any value switches colour off'],
] as const;

/** Codes that the command ends with. */
export const EXIT_CODES = [
  ['0', 'Completed and validated'],
  ['1', 'Failed, or rows with errors; verify-report: something is not as it was'],
  ['2', 'Usage or configuration: unknown option or key, a malformed URI, a table that the source does not have'],
  ['3', 'Validation found differences that it could not repair'],
  ['4', 'Source or target unreachable, refused, or throttled out'],
  ['130', 'Interrupted; go on with --resume'],
] as const;

/** What the program is for, in one line. */
export const PURPOSE = 'Moves an MLflow tracking database from PostgreSQL to MongoDB or Cosmos DB.';

/** The text of `help all`: everything there is to know of the command. */
export function helpText(): string {
  return [
    PURPOSE,
    '',
    'Usage: mlflow-migrate [command] [options]',
    '',
    'Commands:',
    ...Object.entries(COMMANDS).map(([name, description]) => row(`  ${name}`, description, INDENT)),
    ...GROUPS.flatMap((group) => [
      '',
      `${group}:`,
      ...OPTIONS.filter((option) => option.group === group).map(optionRow),
    ]),
    '',
    'Environment:',
    ...ENVIRONMENT.map(([name, description]) => row(`  ${name}`, description, INDENT)),
    '',
    'Exit codes:',
    ...EXIT_CODES.map(([code, description]) => row(`  ${code}`, description, 7)),
    '',
    'Example:',
    '  mlflow-migrate --postgres-uri postgresql://user:password@host:5432/mlflow \\',
    '    --mongodb-uri mongodb://localhost:27017/mlflow_migrated',
    '',
    'The result goes to stdout, progress and notes to stderr.',
    '',
  ].join('\n');
}
