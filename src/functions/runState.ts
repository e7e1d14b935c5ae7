import type { DurableOrchestrationStatus } from 'durable-functions';
import type { MigrateOutput } from '../contract/migration.ts';
import type { HeardWord, OperatorWord } from '../contract/operatorWord.ts';
import type { MigrationStatus } from '../contract/status.ts';

/** What is so of a run, and what was asked for where that is not so yet. */
export function runState(
  { runtimeStatus, lastUpdatedTime }: Pick<DurableOrchestrationStatus, 'runtimeStatus' | 'lastUpdatedTime'>,
  output: Pick<MigrateOutput, 'status'> | null,
  asked: OperatorWord,
  heard: HeardWord | null,
): MigrationStatus['status'] {
  switch (String(runtimeStatus)) {
    case 'Pending':
    case 'Running':
    case 'ContinuedAsNew': {
      const isWaiting = heard?.word === 'suspend';
      if (asked.word === 'cancel') return 'cancelling';
      if (asked.word === 'suspend') return isWaiting ? 'suspended' : 'suspending';
      if (isWaiting) return 'resuming';
      return String(runtimeStatus) === 'Pending' ? 'pending' : 'running';
    }
    // Held by Durable itself: by its own API, or by an earlier version of this app.
    case 'Suspended':
      if (asked.word === 'cancel') return 'cancelling';
      return asked.word === 'run' && isLater(asked.at, lastUpdatedTime) ? 'resuming' : 'suspended';
    case 'Completed':
      return output?.status ?? 'completed';
    case 'Terminated':
    case 'Canceled':
      return 'cancelled';
    default:
      return 'failed';
  }
}

/** Durable's times have no milliseconds, and may be texts. */
function isLater(at: string | null, than: Date | string): boolean {
  return at !== null && Math.floor(Date.parse(at) / 1000) > Math.floor(new Date(than).getTime() / 1000);
}
