import { COMMANDS, OPTIONS, type OptionDescription } from '../options/optionTable.ts';
import { ENVIRONMENT, EXIT_CODES, GROUPS, PURPOSE } from './helpText.ts';
import { optionTerm } from './optionTerm.ts';

/** As roff takes it: a dash that is one, no escapes, and nothing at the beginning that would be a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

function entry(term: string, description: string): string[] {
  return ['.TP', `.B ${roff(term)}`, roff(description)];
}

function optionEntry(option: OptionDescription): string[] {
  const shownDefault = option.default === undefined ? '' : ` (default: ${option.default})`;
  return entry(optionTerm(option), `${option.description}${shownDefault}`);
}

/** The manual page mlflow-migrate(1), as roff with the macros of man. It names no version and no day, so that only what it describes changes it. */
export function manPage(): string {
  const groups = GROUPS.flatMap((group) => [
    `.SS ${roff(group)}`,
    ...OPTIONS.filter((option) => option.group === group).flatMap(optionEntry),
  ]);
  return [
    '.TH MLFLOW\\-MIGRATE 1 "" "" "User Commands"',
    '.SH NAME',
    `mlflow\\-migrate \\- ${roff(PURPOSE.replace(/^Moves/, 'moves').replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    '.B mlflow\\-migrate',
    '[\\fIcommand\\fR] [\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    roff('The source is only read. The result goes to stdout, progress and notes to stderr.'),
    '.SH COMMANDS',
    ...Object.entries(COMMANDS).flatMap(([name, description]) => entry(name, description)),
    '.SH OPTIONS',
    ...groups,
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(([name, description]) => entry(name, description)),
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(([code, description]) => entry(code, description)),
    '.SH EXAMPLE',
    '.nf',
    roff('mlflow-migrate --postgres-uri postgresql://user:password@host:5432/mlflow \\'),
    roff('  --mongodb-uri mongodb://host:27017/mlflow_migrated --dry-run'),
    '.fi',
    '',
  ].join('\n');
}
