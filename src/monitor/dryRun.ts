import type { MigrationReport } from '../contract/migrationReport.ts';
import { formatCount } from '../formatCount.ts';
import { aboutTime } from '../report/aboutTime.ts';
import { formatBytes, formatPlural } from '../report/formatUnits.ts';
import { isCounted } from '../report/isCounted.ts';
import { byId, make, write } from './elements.ts';

/** Shows what a dry run found, by its report. */
export function renderFound({ verdict, analysis, wouldChange, validation }: MigrationReport): void {
  byId('found').hidden = false;
  write(byId('found-verdict'), verdict.headline);
  byId('found-verdict').className = verdict.good ? 'verdict good' : 'verdict bad';
  const filled = Object.values(analysis.tables).filter(({ rows }) => rows > 0).length;
  const counted: [string, string][] = [
    ['Records', formatCount(analysis.totalRows)],
    ['Size', formatBytes(analysis.totalBytes)],
    ['Tables with records', `${filled} of ${Object.keys(analysis.tables).length}`],
    ['Time that it takes', aboutTime(analysis.estimatedSeconds)],
    ...(analysis.requestUnits === null
      ? []
      : [['Request units', `${formatCount(analysis.requestUnits.total)} RU`] satisfies [string, string]]),
  ];
  const figures = isCounted(analysis) ? counted : [];
  byId('found-figures').replaceChildren(
    ...figures.map(([term, value]) => {
      const card = make('div');
      card.append(make('dt', '', term), make('dd', '', value));
      return card;
    }),
  );
  const notes = [
    ...(analysis.requestUnits === null ? [] : [analysis.requestUnits.meaning]),
    ...changes(wouldChange),
    ...validation.findings.map(({ table, message }) => `${table}: ${message}`),
  ];
  byId('found-notes').replaceChildren(...notes.map((note) => make('li', '', note)));
}

/** Over a target that is filled already. */
function changes(wouldChange: MigrationReport['wouldChange']): string[] {
  if (wouldChange === null) return [];
  const sum = (pick: (table: NonNullable<typeof wouldChange>[string]) => number | null) =>
    Object.values(wouldChange).reduce((total, table) => total + (pick(table) ?? 0), 0);
  const [inserted, replaced, deleted] = [
    sum((table) => table.inserted),
    sum((table) => table.replaced),
    sum((table) => table.deleted),
  ];
  return [
    `The target holds this source already: ${formatPlural(inserted, 'document')} would be inserted, ${formatCount(replaced)} replaced, ${formatCount(deleted)} deleted.`,
  ];
}
