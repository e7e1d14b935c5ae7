import { isFinal, type MigrationStatus, type TableProgress } from '../contract/migrationStatus.ts';
import { formatCount } from '../formatCount.ts';
import { formatDuration, formatLocalTime } from './formatTime.ts';

type Status = MigrationStatus['status'];

const STATUS_WORDS: Readonly<Record<Status, string>> = {
  pending: 'Pending',
  running: 'Running',
  suspending: 'Suspending',
  suspended: 'Suspended',
  resuming: 'Resuming',
  cancelling: 'Cancelling',
  interrupted: 'Interrupted',
  completed: 'Completed',
  'completed-with-errors': 'Completed with errors',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** How a migration stands. One that is not known stays as it is: a page that was left open may be older than the app. */
export function statusWord(status: Status): string {
  return STATUS_WORDS[status] ?? status;
}

const KIND_WORDS: Readonly<Partial<Record<MigrationStatus['kind'], string>>> = {
  analysis: 'Dry run',
  comparison: 'Comparison',
};

/** What was asked for, where it is not to migrate; empty where it is. */
export function kindWord(kind: MigrationStatus['kind']): string {
  return KIND_WORDS[kind] ?? '';
}

/** `20 %`: rounded down, so that 100 % means the end. */
export function wholePercent(percent: number): string {
  return `${Math.floor(percent)} %`;
}

/** For the title of the tab: how far it is, or how it ended. */
export function titleWords({ status, percent, name }: MigrationStatus): string {
  return `${isFinal(status) ? statusWord(status) : wholePercent(percent)} · ${name}`;
}

/** For a screen reader, which hears of it when it changes. */
export function announcement({ status, phase }: MigrationStatus): string {
  return isFinal(status) ? statusWord(status) : `${statusWord(status)}, phase ${phase}`;
}

/** What stands beside the percentage: the time left, or why there is none. */
export function timeLeftWords({ status, silentSince, secondsLeft }: MigrationStatus): string {
  if (silentSince && status !== 'interrupted') return `no sign of life since ${formatLocalTime(silentSince)}`;
  if (isFinal(status)) return '';
  if (status !== 'running' && status !== 'pending') return status;
  return secondsLeft === null ? 'time left not known yet' : `${formatDuration(secondsLeft)} left`;
}

/** How long it has taken by now, or took. */
export function elapsedWords({ startedAt, finishedAt }: MigrationStatus, nowMs: number): string {
  const begun = startedAt === null ? Number.NaN : Date.parse(startedAt);
  const until = finishedAt === null ? nowMs : Date.parse(finishedAt);
  return Number.isNaN(begun) || Number.isNaN(until) ? '–' : formatDuration((until - begun) / 1000);
}

/** What to do about a migration whose process is dead. */
export function interruptionWords({ lastSignAt, name }: MigrationStatus): string {
  const since = lastSignAt === null ? '' : ` since ${formatLocalTime(lastSignAt)}`;
  return `No process has given a sign of life${since}. It goes on by itself when the function app is back; a local one with mlflow-migrate --resume --name ${name}.`;
}

/** A part in percent of its whole, 0 where there is nothing. */
export function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, (100 * part) / whole) : 0;
}

/** How far one table is. */
export function tableWords({ total, copied, validated, errors }: TableProgress): string {
  const words = [`${formatCount(copied)} of ${formatCount(total)}`];
  if (validated > 0) words.push(`${wholePercent(share(validated, total))} validated`);
  if (errors > 0) words.push(`${formatCount(errors)} errors`);
  return words.join(', ');
}
