import type { DurableOrchestrationStatus } from 'durable-functions';
import type { MigrateOutput } from '../contract/migration.ts';
import type { MigrationStatus } from '../contract/migrationStatus.ts';
import type { HeardWord, OperatorWord } from '../contract/operatorWord.ts';

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
      return isAskedToGoOn(asked, lastUpdatedTime) ? 'resuming' : 'suspended';
    case 'Completed':
      return output?.status ?? 'completed';
    case 'Terminated':
    case 'Canceled':
      return 'cancelled';
    default:
      return 'failed';
  }
}

/** A suspension takes effect up to a second after it was asked for, and Durable's times have no milliseconds. */
const TAKES_EFFECT_MS = 3_000;

/**
 * Is a suspension of Durable's own, of that time, overtaken by the word? Nothing replaces a cancellation, and a later word to
 * go on holds: also one that was given so shortly before that it may have been asked for later.
 */
export function isAskedToGoOn({ word, at }: OperatorWord, suspendedAt: Date | string): boolean {
  return (
    word === 'cancel' ||
    (word === 'run' && at !== null && Date.parse(at) > new Date(suspendedAt).getTime() - TAKES_EFFECT_MS)
  );
}
