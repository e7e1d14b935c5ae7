import { isFinal, type MigrationStatus, type TableProgress } from '../contract/migrationStatus.ts';
import { formatCount } from '../formatCount.ts';
import { shellOption } from '../quoteShell.ts';
import { aboutTime } from '../report/aboutTime.ts';
import { PHASE_WORDS } from '../report/phaseWords.ts';
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
  return: 'Way back',
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
export function titleWords(one: MigrationStatus): string {
  const { status, percent, name } = one;
  return `${isFinal(status) || !hasShare(one) ? statusWord(status) : wholePercent(percent)} · ${name}`;
}

/** For a screen reader, which hears of it when it changes. */
export function announcement({ status, phase }: MigrationStatus): string {
  return isFinal(status) ? statusWord(status) : `${statusWord(status)}, phase ${phase}`;
}

/** What stands beside the percentage: the time left, or why there is none. */
export function timeLeftWords({ status, phase, secondsLeft }: MigrationStatus): string {
  if (isFinal(status)) return '';
  if (status !== 'running' && status !== 'pending') return statusWord(status).toLowerCase();
  if (phase === 'follow') return '';
  return secondsLeft === null ? 'time left not known yet' : `${aboutTime(secondsLeft)} left`;
}

/** What a run is doing, with a count of its own for each phase; in which one it ended, where that is not its last. */
export function doingWords(status: MigrationStatus): string {
  if (isFinal(status.status)) return endWords(status);
  const { phase, totals, indexes } = status;
  const { copied, validated, total } = totals;
  const words = PHASE_WORDS[phase] ?? phase;
  switch (phase) {
    case 'copy':
      return `${words}: ${formatCount(copied)} of ${formatCount(total)} records`;
    case 'validate':
      return `${words}: ${formatCount(validated)} of ${formatCount(total)} records compared`;
    case 'indexes':
      return [
        indexes ? `${words}: ${formatCount(indexes.done)} of ${formatCount(indexes.total)} collections` : words,
        ...(validated > 0 ? [`${formatCount(validated)} of ${formatCount(total)} records compared`] : []),
      ].join(', ');
    case 'preflight':
    case 'plan':
    case 'catch-up':
    case 'follow':
    case 'report':
    case 'done':
      return words;
  }
  // A page that was left open may be older than the app.
  return words;
}

function endWords({ status, endedIn, percent, kind }: MigrationStatus): string {
  if (status === 'completed' || status === 'completed-with-errors') return '';
  const where = endedIn === null ? '' : `, in phase ${endedIn}`;
  const how = percent > 0 && kind !== 'analysis' ? ` at ${wholePercent(percent)}` : '';
  return `${statusWord(status)}${how}${where}`;
}

/** Is there a share to tell: of a run that moves rows, once it knows of how many? */
export function hasShare({ kind, status, phase, totals, percent }: MigrationStatus): boolean {
  if (kind === 'analysis' || totals.total === 0) return false;
  if (isFinal(status)) return percent > 0 && status !== 'cancelled';
  return phase !== 'preflight' && phase !== 'plan' && phase !== 'follow';
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
  return `No process has given a sign of life${since}. It goes on by itself when the function app is back; a local one with mlflow-migrate --resume ${shellOption('name', name)}.`;
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
