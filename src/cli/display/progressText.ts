import { type FollowProgress, isFinal, type MigrationStatus } from '../../contract/migrationStatus.ts';
import { formatCount } from '../../formatCount.ts';
import { heldText, lagText } from '../../report/followText.ts';
import { formatBytes, formatSeconds } from '../../report/formatUnits.ts';
import type { TableLine } from './progressRates.ts';

const PHASE_WORDS: Readonly<Record<MigrationStatus['phase'], string>> = {
  preflight: 'Checking both ends',
  plan: 'Planning',
  copy: 'Copying',
  indexes: 'Building indexes',
  validate: 'Validating',
  'catch-up': 'Catching up',
  follow: 'Following',
  report: 'Writing the report',
  done: 'Done',
};

/** A run that did not come to its end is not done. */
const ENDED_WORDS: Readonly<Partial<Record<MigrationStatus['status'], string>>> = {
  cancelled: 'Cancelled',
  failed: 'Failed',
};

/** Time left, coarse enough not to jump with every answer. */
function timeLeft(seconds: number): string {
  return `${formatSeconds(Math.max(1, Math.round(seconds)))} left`;
}

function tablesDone(status: MigrationStatus): string {
  const tables = Object.values(status.tables);
  const done = tables.filter(({ copied, validated, total }) =>
    status.phase === 'validate' ? validated >= total : copied >= total,
  );
  return `${done.length} of ${tables.length} tables`;
}

/** How far behind its source a target is, and what the passes have brought. */
function followParts(follow: FollowProgress): string[] {
  const { passes, rows, passSeconds, missed = 0, held } = follow;
  return [
    `${lagText(follow)} behind`,
    `${formatCount(passes)} ${passes === 1 ? 'pass' : 'passes'}${passSeconds === undefined ? '' : `, the last one took ${formatSeconds(passSeconds)}`}`,
    `${formatCount(rows)} rows since the proof`,
    ...(missed === 0 ? [] : [`${formatCount(missed)} could not be brought over: the cut-over looks at them again`]),
    ...(held === undefined ? [] : [heldText(held)]),
  ];
}

/** One line that says how far the whole run is. */
export function summaryLine(status: MigrationStatus): string {
  const parts = [ENDED_WORDS[status.status] ?? PHASE_WORDS[status.phase] ?? status.phase];
  if (!isFinal(status.status) && !['pending', 'running'].includes(status.status)) parts.push(status.status);
  const { total, copied, validated } = status.totals;
  if (total > 0 && (status.phase === 'copy' || status.phase === 'validate' || status.phase === 'catch-up')) {
    const done = status.phase === 'validate' ? validated : copied;
    parts.push(
      `${Math.floor(status.percent)} %`,
      `${formatCount(done)} of ${formatCount(total)} records`,
      tablesDone(status),
    );
  }
  if (status.follow && !isFinal(status.status)) parts.push(...followParts(status.follow));
  if (status.rowsPerSecond > 0) parts.push(`${formatCount(status.rowsPerSecond)}/s`);
  if (status.bytesPerSecond > 0) parts.push(`${formatBytes(status.bytesPerSecond)}/s`);
  if (status.throttled > 0) parts.push(`throttled ${formatCount(status.throttled)}`);
  if (status.requestUnits !== null && status.requestUnits > 0) parts.push(`${formatCount(status.requestUnits)} RU`);
  if (status.targetSilence) parts.push(status.targetSilence);
  if (status.totals.errors > 0) parts.push(`${formatCount(status.totals.errors)} errors`);
  if (status.secondsLeft !== null && status.status === 'running') parts.push(timeLeft(status.secondsLeft));
  return parts.join(', ');
}

const BAR_WIDTH = 24;

function bar(share: number): string {
  const filled = Math.floor(share * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
}

/** One line of the live display: name, bar, count, rate and time left. Every character takes one column. */
export function tableLine({ table, done, total, rowsPerSecond, secondsLeft }: TableLine): string {
  const share = total === 0 ? 1 : done / total;
  const rate = rowsPerSecond === null ? '' : `${formatCount(rowsPerSecond)}/s`;
  const left = secondsLeft === null ? '' : timeLeft(secondsLeft);
  const name = table.length > 22 ? `${table.slice(0, 21)}…` : table.padEnd(22);
  const counts = `${formatCount(done)}/${formatCount(total)}`;
  return `  ${name} ${bar(share)} ${String(Math.floor(share * 100)).padStart(3)} % ${counts.padStart(23)} ${rate.padStart(11)} ${left}`.trimEnd();
}
