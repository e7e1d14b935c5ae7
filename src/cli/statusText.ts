import { formatCount, formatInstant } from '../report/formatUnits.ts';
import type { MigrationStatus } from '../report/status.ts';
import { summaryLine } from './progressText.ts';

/** The answer of `mlflow-migrate status` for people. Ends in a line break. */
export const statusText = (status: MigrationStatus): string => {
  const facts: (readonly [string, string | null])[] = [
    ['Migration', status.name],
    ['Id', status.id],
    ['Status', status.status],
    ['Progress', summaryLine(status)],
    ['Layout', status.layout],
    ['Source', status.source],
    ['Target', status.target],
    ['Started', status.startedAt === null ? null : formatInstant(status.startedAt)],
    ['Finished', status.finishedAt === null ? null : formatInstant(status.finishedAt)],
  ];
  const tables = Object.entries(status.tables).map(
    ([table, { total, copied, validated, errors }]) =>
      `  ${table.padEnd(32)} ${formatCount(copied).padStart(13)} of ${formatCount(total).padStart(13)} copied, ${formatCount(validated).padStart(13)} validated${errors > 0 ? `, ${formatCount(errors)} errors` : ''}`,
  );
  return [
    ...facts.flatMap(([name, value]) => (value === null ? [] : [`${`${name}:`.padEnd(11)}${value}`])),
    ...(tables.length > 0 ? ['Tables:', ...tables] : []),
    ...status.failures.flatMap(({ message, hint }) => [`Error: ${message}`, `  ${hint}`]),
    '',
  ].join('\n');
};
