import { OPTIONS_OF } from '../options/optionsOf.ts';
import { COMMANDS, type CommandName, OPTIONS, type OptionName } from '../options/optionTable.ts';
import { PURPOSE } from './helpText.ts';
import { optionTerm } from './optionTerm.ts';
import { row, WIDTH, wrap } from './wrap.ts';

/** Options that a command's page describes, a line each; those without one are only named there. */
const LINES: Partial<Record<OptionName, string>> = {
  'postgres-uri': 'postgresql://user:password@host:5432/database',
  'mongodb-uri': 'mongodb://… or mongodb+srv://…; none: a local one',
  config: 'Connections and settings as JSON',
  layout: 'tables: one collection per table; mlflow: plugin',
  tables: 'Only these tables',
  'dry-run': 'Analyse and estimate, write nothing',
  'catch-up': 'Only bring a migrated target up to date',
  follow: 'Go on bringing over what changes, until cutover',
  name: 'Name of the migration',
  resume: 'Go on with it where it stopped',
  'drop-target': 'Empty the collections that are written to first',
  yes: 'Do not ask',
  'report-dir': 'Where the reports are written',
  json: 'One JSON document on stdout',
  url: 'A deployed function app in place of a local host',
  for: 'postgres, postgres-password, mongodb, vcore or ru',
  user: 'Who gets the rights',
  database: 'Database of the source or the target',
  schema: 'PostgreSQL schema of the tables (default: public)',
  account: 'Cosmos DB account or cluster, without its domain',
};

/** What stands behind the command where it takes a word. */
const SUBJECTS: Partial<Record<CommandName, string>> = {
  migrate: '',
  validate: '',
  grants: '',
  init: '',
  doctor: '',
  'verify-report': ' DIR|FILE',
  help: ' [COMMAND|all]',
  completion: ' bash|zsh|fish',
};

const EVERYTHING = 'Every option, variable and exit code: mlflow-migrate help all';

function overview(): string[] {
  return [
    PURPOSE,
    '',
    'Usage: mlflow-migrate [command] [options]',
    'First: mlflow-migrate --postgres-uri URI --mongodb-uri URI --dry-run',
    '',
    ...Object.entries(COMMANDS).map(([name, description]) => row(`  ${name}`, description, 17)),
    '',
    'A command: mlflow-migrate COMMAND --help; everything: mlflow-migrate help all',
  ];
}

function commandPage(command: CommandName): string[] {
  const read = OPTIONS.filter(({ name }) => OPTIONS_OF[command].some((one) => one === name));
  const described = read.flatMap((option) => {
    const line = LINES[option.name];
    return line === undefined ? [] : [row(`  ${optionTerm(option)}`, line, 27)];
  });
  const others = read.filter(({ name }) => LINES[name] === undefined).map(({ name }) => `--${name}`);
  const usage = command === 'migrate' ? '[migrate]' : command;
  return [
    `Usage: mlflow-migrate ${usage}${SUBJECTS[command] ?? ' [NAME]'}${read.length > 0 ? ' [options]' : ''}`,
    COMMANDS[command],
    ...(described.length > 0 ? ['', ...described] : []),
    ...(others.length > 0 ? ['', ...wrap(`Also: ${others.join(' ')}`, WIDTH)] : []),
    '',
    EVERYTHING,
  ];
}

/** The text of `--help`, of a command or of all: at most 25 lines of 80 columns, so that it fits a terminal of the usual size. */
export function helpPage(command: CommandName | null): string {
  return `${(command === null ? overview() : commandPage(command)).join('\n')}\n`;
}
