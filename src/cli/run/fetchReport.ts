import type { MigrationReport } from '../../contract/migrationReport.ts';
import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import { MigrationError } from '../../errors.ts';
import { type RetryPolicy, retry } from '../../retry.ts';
import { isWorthRetrying } from '../app/apiClient.ts';
import type { App } from '../app/app.ts';
import type { CommandContext } from '../commandContext.ts';
import { isStorageAway, type Patience } from './patience.ts';
import { type SavedReport, saveReports } from './saveReports.ts';

/** With an app that is silent each request has waited for an answer as long as it makes sense. */
const MOST_SILENT = 4;
/** Storage that is away is asked again with waits that double up to this. */
const LONGEST_WAIT_MS = 15_000;

function whileAway({ storageMs }: Patience): RetryPolicy {
  const begunAt = performance.now();
  return {
    waitMs: (error, retries) => {
      if (!isStorageAway(error)) return isWorthRetrying(error) && retries < MOST_SILENT ? 0 : null;
      return performance.now() - begunAt > storageMs ? null : Math.min(LONGEST_WAIT_MS, 250 * 2 ** retries);
    },
  };
}

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
  patience: Patience,
): Promise<SavedReport | null> {
  const save = () => saveReports(app.client, status.id, directory, context.options, isReportOf(status));
  try {
    return await retry(whileAway(patience), save, context.signal);
  } catch (error) {
    const hasNone = error instanceof MigrationError && error.kind === 'not-found';
    if (hasNone && status.status !== 'completed' && status.status !== 'completed-with-errors') return null;
    throw error;
  }
}
