import type { TimelineEvent } from '../contract/migrationSeries.ts';
import { isFinal, type MigrationStatus } from '../contract/migrationStatus.ts';
import type { OperatorWord } from '../contract/operatorWord.ts';
import type { ProgressSeries } from '../contract/progressSeries.ts';
import type { RunEvent } from '../contract/runEvent.ts';

/** What is known of a run from several places. */
interface Known extends ProgressSeries {
  readonly noted: readonly RunEvent[];
  readonly word: OperatorWord;
  readonly status: Pick<MigrationStatus, 'status' | 'startedAt' | 'finishedAt'>;
}

/** Refusals with less than so many seconds between them are one event. */
const SAME_THROTTLING_SECONDS = 60;

/** What happened in a run, the earliest first. */
export function timelineOf({ noted, word, status, ...series }: Known): TimelineEvent[] {
  const { earlier = [], ...latest } = word;
  const words = [...earlier, latest].flatMap(({ at, word: said, by }): TimelineEvent[] =>
    at === null ? [] : [{ at, what: 'word', word: said, by }],
  );
  const { startedAt } = status;
  const started: TimelineEvent[] = startedAt === null ? [] : [{ at: startedAt, what: 'phase', phase: 'preflight' }];
  const isOver = isFinal(status.status) && status.finishedAt !== null;
  const ended: TimelineEvent[] = isOver ? [{ at: status.finishedAt ?? '', what: 'ended', status: status.status }] : [];
  const happened = [...noted, ...words, ...refusals(series)].toSorted((left, right) => (left.at < right.at ? -1 : 1));
  return [...started, ...happened, ...ended];
}

function refusals({ stepSeconds, points }: ProgressSeries): TimelineEvent[] {
  const stretches: { from: number; until: number; count: number }[] = [];
  for (const [at, , , refused] of points) {
    if (refused === 0) continue;
    const from = at * stepSeconds;
    const last = stretches.at(-1);
    if (last !== undefined && from - last.until < SAME_THROTTLING_SECONDS) {
      last.until = from + stepSeconds;
      last.count += refused;
    } else stretches.push({ from, until: from + stepSeconds, count: refused });
  }
  return stretches.map(({ from, until, count }) => ({ at: iso(from), what: 'refused', until: iso(until), count }));
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
