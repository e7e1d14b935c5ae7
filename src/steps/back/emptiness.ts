import { MigrationError } from '../../errors.ts';
import { listNames } from '../../listNames.ts';
import type { Survey } from './surveyTable.ts';

/** Tables in which MLflow itself puts a row of its own when it makes a database or first starts on it: the default experiment and workspace. */
const SEEDED: ReadonlySet<string> = new Set(['experiments', 'workspaces']);

/** Throws `conflict` where another database than the source holds rows, which the way back would delete or change. */
export function assertEmpty(surveys: Readonly<Record<string, Survey>>, display: string): void {
  const filled = Object.entries(surveys).filter(([table, { rows }]) => rows > (SEEDED.has(table) ? 1 : 0));
  // What it was filled with before, by a run whose answer was lost, is equal already.
  const isDone = Object.values(surveys).every(({ inserted, changed, deleted }) => inserted + changed + deleted === 0);
  if (filled.length === 0 || isDone) return;
  throw new MigrationError(
    'conflict',
    `${display} is not the database that the documents came from, and holds rows in ${listNames(filled.map(([table]) => table))}`,
    {
      hint: 'Name the source itself, or an empty database: tables made by mlflow db upgrade, without rows',
    },
  );
}
