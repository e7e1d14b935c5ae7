import type { MigrationReport } from '../../contract/migrationReport.ts';
import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import { MigrationError } from '../../errors.ts';
import { type RetryPolicy, retry } from '../../retry.ts';
import { isWorthRetrying } from '../app/apiClient.ts';
import type { App } from '../app/app.ts';
import type { CommandContext } from '../commandContext.ts';
import { type SavedReport, saveReports } from './saveReports.ts';

/** Each request has waited for an answer as long as it makes sense. */
const AGAIN: RetryPolicy = { maxRetries: 4, waitMs: (error) => (isWorthRetrying(error) ? 0 : null) };

/** Runs of one name share an id, so a run that was cut short may find the report of the one before it. */
function isReportOf({ status }: MigrationStatus) {
  return (report: MigrationReport): boolean => status.startsWith('completed') === report.status.startsWith('completed');
}

/** The report of a run that has ended, saved to a directory; null where one that failed or was cancelled has none. */
export async function fetchReport(
  context: CommandContext,
  app: App,
  status: MigrationStatus,
  directory: string,
): Promise<SavedReport | null> {
  const save = () => saveReports(app.client, status.id, directory, isReportOf(status));
  try {
    return await retry(AGAIN, save, context.signal);
  } catch (error) {
    const hasNone = error instanceof MigrationError && error.kind === 'not-found';
    if (hasNone && status.status !== 'completed' && status.status !== 'completed-with-errors') return null;
    throw error;
  }
}
