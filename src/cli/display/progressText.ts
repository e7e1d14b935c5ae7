import { type FollowProgress, isFinal, type MigrationStatus } from '../../contract/migrationStatus.ts';
import { formatCount } from '../../formatCount.ts';
import { aboutTime } from '../../report/aboutTime.ts';
import { heldText, lagText } from '../../report/followText.ts';
import { formatBytes, formatSeconds } from '../../report/formatUnits.ts';
import { PHASE_WORDS } from '../../report/phaseWords.ts';

/** A run that did not come to its end is not done. */
const ENDED_WORDS: Readonly<Partial<Record<MigrationStatus['status'], string>>> = {
  cancelled: 'Cancelled',
  failed: 'Failed',
};

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

/** How far the present phase is by its own measure; nothing where it has none. */
function phaseParts({ phase, totals, indexes, again = 0 }: MigrationStatus): string[] {
  const onceMore = again === 0 ? [] : [`${formatCount(again)} of them once more`];
  if (phase === 'indexes')
    return [
      ...(indexes ? [`${indexes.done} of ${indexes.total} collections`] : []),
      ...(totals.validated > 0
        ? [`${formatCount(totals.validated)} of ${formatCount(totals.total)} records compared`, ...onceMore]
        : []),
    ];
  if (totals.total === 0 || (phase !== 'copy' && phase !== 'validate')) return [];
  const done = phase === 'validate' ? totals.validated : totals.copied;
  return [`${formatCount(done)} of ${formatCount(totals.total)} records`, ...onceMore];
}

const MEASURED: readonly MigrationStatus['phase'][] = ['copy', 'indexes', 'validate', 'catch-up'];

/** What is done, how far it is, and how long it takes: the first of the two lines. */
export function headParts(status: MigrationStatus): string[] {
  const { phase, totals, percent, secondsLeft } = status;
  const isUnderWay = !isFinal(status.status);
  return [
    ENDED_WORDS[status.status] ?? PHASE_WORDS[phase] ?? phase,
    ...(isUnderWay && !['pending', 'running'].includes(status.status) ? [status.status] : []),
    ...phaseParts(status),
    // A run that only catches up has no share to tell of.
    ...(totals.total > 0 && MEASURED.includes(phase) && (percent > 0 || phase !== 'catch-up')
      ? [`${Math.floor(percent)} % of the run`]
      : []),
    ...(status.follow && isUnderWay ? followParts(status.follow) : []),
    ...(secondsLeft !== null && status.status === 'running' ? [`${aboutTime(secondsLeft)} left`] : []),
  ];
}

/** How fast it goes, and what holds it up: the second line. */
export function detailParts(status: MigrationStatus): string[] {
  const { totals, phase, rowsPerSecond, bytesPerSecond, throttled, requestUnits, targetSilence } = status;
  const isMoving = phase === 'copy' || phase === 'validate';
  // Of a run that has ended it is that of its work, not of now.
  const doing = !isFinal(status.status) ? '' : status.kind === 'comparison' ? ' while comparing' : ' while copying';
  // Indexes alone have no rows: what the last copies made is none of theirs.
  const hasRates = phase !== 'indexes' || totals.validated > 0;
  return [
    ...(totals.total > 0 && isMoving ? [tablesDone(status)] : []),
    ...(rowsPerSecond > 0 && hasRates ? [`${formatCount(rowsPerSecond)} records/s${doing}`] : []),
    ...(bytesPerSecond > 0 && hasRates ? [`${formatBytes(bytesPerSecond)}/s`] : []),
    ...(throttled > 0 ? [`throttled ${formatCount(throttled)}`] : []),
    ...(requestUnits !== null && requestUnits > 0 ? [`${formatCount(requestUnits)} RU`] : []),
    ...(targetSilence ? [targetSilence] : []),
    ...(totals.errors > 0 ? [`${formatCount(totals.errors)} errors`] : []),
  ];
}

/** One line that says how far the whole run is, where nothing is drawn over itself. */
export function summaryLine(status: MigrationStatus): string {
  return [...headParts(status), ...detailParts(status)].join(', ');
}
