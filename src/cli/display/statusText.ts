import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import type { RunKind } from '../../contract/runKind.ts';
import { formatCount } from '../../formatCount.ts';
import { shellOption } from '../../quoteShell.ts';
import { formatEnd, formatInstant } from '../../report/formatUnits.ts';
import { groupTables } from '../../report/tableGroups.ts';
import { emptyLine } from '../../report/text/summaryLines.ts';
import { placeOptions, type RunPlace } from '../place/commandFor.ts';
import { summaryLine } from './progressText.ts';

const KIND_WORDS: Readonly<Record<RunKind, string>> = {
  migration: 'Migration',
  comparison: 'Comparison',
  analysis: 'Dry run',
  return: 'Way back',
};

/** Which run it is, where nobody has said: its kind, its name and when it began. */
export function runWords({ kind, name, startedAt }: MigrationStatus): string {
  return `${KIND_WORDS[kind]} ${name}${startedAt === null ? '' : `, started ${formatInstant(startedAt)}`}`;
}

function statusWords({ status, lastSignAt, silentSince }: MigrationStatus): string {
  if (status !== 'interrupted') {
    return silentSince ? `${status}, but no sign of life since ${formatInstant(silentSince)}` : status;
  }
  const since = lastSignAt === null ? '' : `, last sign of life ${formatInstant(lastSignAt)}`;
  return `interrupted: its process is dead${since}`;
}

/** What lets a run whose process is dead go on: a command, or nothing but the app where it is deployed. */
export function howToGoOn({ name, kind }: MigrationStatus, at: RunPlace): string {
  if (at.url !== null) return 'by itself, when the function app is back';
  const command = kind === 'comparison' ? ' validate' : '';
  const place = kind === 'comparison' ? name.replace(/-validate$/, '') : name;
  return [`mlflow-migrate${command}`, '--resume', shellOption('name', place), ...placeOptions(at)].join(' ');
}

/** The tables below each other, the core ones first, and how many are empty. */
function tableLines({ tables, kind }: MigrationStatus): string[] {
  const { core, others, empty } = groupTables(
    tables,
    ({ total }) => total,
    ({ errors }) => errors > 0,
  );
  const rows = [...core, ...others].map(([name, { total, copied, validated, errors }]) => ({
    cells: [name, formatCount(copied), formatCount(total), formatCount(validated)] as const,
    errors: errors > 0 ? `, ${formatCount(errors)} errors` : '',
  }));
  const width = (column: 0 | 1 | 2 | 3) => Math.max(...rows.map(({ cells }) => cells[column].length));
  return [
    ...rows.map(({ cells: [name, copied, total, validated], errors }) =>
      // A comparison copies nothing.
      kind === 'comparison'
        ? `  ${name.padEnd(width(0))} ${validated.padStart(width(3))} of ${total.padStart(width(2))} validated${errors}`
        : `  ${name.padEnd(width(0))} ${copied.padStart(width(1))} of ${total.padStart(width(2))} copied, ${validated.padStart(width(3))} validated${errors}`,
    ),
    ...emptyLine(empty).map((line) => `  ${line}`),
  ];
}

/**
 * The answer of `mlflow-migrate status` for people. Ends in a line break. `place` is where it was found.
 */
export function statusText(status: MigrationStatus, place: RunPlace): string {
  const facts: (readonly [string, string | null])[] = [
    [KIND_WORDS[status.kind], status.name],
    ['Id', status.id],
    ['Status', statusWords(status)],
    ['Go on', status.status === 'interrupted' ? howToGoOn(status, place) : null],
    ['Needs', status.status === 'interrupted' && place.url === null ? 'the connections that it was begun with' : null],
    ['Progress', summaryLine(status)],
    ['Layout', status.layout],
    // An app of a release before says nothing of it.
    ['Only', status.experiments == null ? null : `experiments ${status.experiments.join(', ')}`],
    ['Artifacts', status.artifacts?.map(({ from, to }) => `${from} -> ${to}`).join(', ') ?? null],
    ['Source', status.source],
    ['Target', status.target],
    ['Started', status.startedAt === null ? null : formatInstant(status.startedAt)],
    ['Finished', status.finishedAt === null ? null : formatEnd(status.finishedAt)],
  ];
  const tables = tableLines(status);
  return [
    ...facts.flatMap(([name, value]) => (value === null ? [] : [`${`${name}:`.padEnd(12)}${value}`])),
    ...(tables.length > 0 ? ['Tables:', ...tables] : []),
    ...status.failures.flatMap(({ message, hint }) => [`Error: ${message}`, `  ${hint}`]),
    '',
  ].join('\n');
}
