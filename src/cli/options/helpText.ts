import { COMMANDS, OPTIONS, type OptionDescription } from './optionTable.ts';

const WIDTH = 100;
const INDENT = 34;

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function row(term: string, description: string): string {
  const lines = wrap(description, WIDTH - INDENT);
  const start = term.length + 2 < INDENT ? [`${term.padEnd(INDENT)}${lines.shift()}`] : [term];
  return [...start, ...lines.map((line) => `${' '.repeat(INDENT)}${line}`)].join('\n');
}

function optionRow(option: OptionDescription): string {
  const term = `  --${option.name}${option.value === undefined ? '' : ` ${option.value}`}`;
  const shownDefault = option.default === undefined ? '' : ` (default: ${option.default})`;
  return row(term, `${option.description}${shownDefault}`);
}

const GROUPS: readonly OptionDescription['group'][] = [
  'Connections',
  'What and how',
  'Safety',
  'Output and state',
  'Deployed app',
  'Grants',
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
  ['MLFLOW_MIGRATE_APP', 'Directory of the built app for the local host (default: this package)'],
  ['MONGOD_PATH', 'mongod to start when no target is named'],
  ['NO_COLOR', 'Any value switches colour off'],
] as const;

/** Codes that the command ends with. */
export const EXIT_CODES = [
  ['0', 'Completed and validated'],
  ['1', 'Failed, or rows with errors'],
  ['2', 'Usage or configuration: unknown option or key, a malformed URI, a table that the source does not have'],
  ['3', 'Validation found differences that it could not repair'],
  ['4', 'Source or target unreachable, refused, or throttled out'],
  ['130', 'Interrupted; go on with --resume'],
] as const;

/** The text of `--help`. */
export function helpText(): string {
  return [
    'Moves an MLflow tracking database from PostgreSQL to MongoDB or Azure Cosmos DB for MongoDB.',
    '',
    'Usage: mlflow-migrate [command] [options]',
    '',
    'Commands:',
    ...Object.entries(COMMANDS).map(([name, description]) => row(`  ${name}`, description)),
    ...GROUPS.flatMap((group) => [
      '',
      `${group}:`,
      ...OPTIONS.filter((option) => option.group === group).map(optionRow),
    ]),
    '',
    'Environment:',
    ...ENVIRONMENT.map(([name, description]) => row(`  ${name}`, description)),
    '',
    'Exit codes:',
    ...EXIT_CODES.map(([code, description]) => `  ${code.padEnd(5)}${description}`),
    '',
    'Example:',
    '  mlflow-migrate --postgres-uri postgresql://user:password@host:5432/mlflow \\',
    '    --mongodb-uri mongodb://localhost:27017/mlflow_migrated',
    '',
    'The result goes to stdout, progress and notes to stderr.',
    '',
  ].join('\n');
}
