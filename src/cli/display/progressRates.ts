import type { MigrationStatus, TableProgress } from '../../contract/migrationStatus.ts';

/** How far one table is in the present phase. */
export interface TableLine {
  readonly table: string;
  readonly done: number;
  readonly total: number;
  /** Rows a second over the last seconds; null while that is not known. */
  readonly rowsPerSecond: number | null;
  readonly secondsLeft: number | null;
}

interface Sample {
  readonly atMs: number;
  readonly done: number;
}

/** Long enough to smooth over batches, short enough to show a throttle. */
const WINDOW_MS = 8_000;
/** What the first seconds of a phase show says nothing of the rest. */
const LEAST_MS = 4_000;

/** Are rows compared? That begins beside the indexes, from where the comparison goes on. */
function isComparing({ phase, totals }: MigrationStatus): boolean {
  return phase === 'validate' || (phase === 'indexes' && totals.validated > 0);
}

function doneIn(status: MigrationStatus, progress: TableProgress): number {
  return isComparing(status) ? progress.validated : progress.copied;
}

/** Turns the status answers of a run into rates per table. One object per run. */
export class ProgressRates {
  #measured = '';
  readonly #samples = new Map<string, Sample[]>();

  /** Takes in a status that was answered at a time in milliseconds, of any origin. */
  add(status: MigrationStatus, atMs: number): void {
    // A run that was held says nothing of how fast it goes on.
    const measured = status.status !== 'running' ? 'held' : isComparing(status) ? 'comparing' : status.phase;
    if (measured !== this.#measured) this.#samples.clear();
    this.#measured = measured;
    for (const [table, progress] of Object.entries(status.tables)) {
      const samples = this.#samples.get(table) ?? [];
      samples.push({ atMs, done: doneIn(status, progress) });
      while (samples.length > 2 && (samples[1]?.atMs ?? 0) < atMs - WINDOW_MS) samples.shift();
      this.#samples.set(table, samples);
    }
  }

  /** Tables that are neither untouched nor done, the largest remainder first. */
  active(status: MigrationStatus): TableLine[] {
    return Object.entries(status.tables)
      .map(([table, progress]) => this.#lineOf(status, table, progress))
      .filter(({ done, total }) => done > 0 && done < total)
      .toSorted((a, b) => b.total - b.done - (a.total - a.done));
  }

  #lineOf(status: MigrationStatus, table: string, progress: TableProgress): TableLine {
    const samples = this.#samples.get(table) ?? [];
    const first = samples[0];
    const last = samples.at(-1);
    const elapsedMs = first === undefined || last === undefined ? 0 : last.atMs - first.atMs;
    const moved = first === undefined || last === undefined ? 0 : last.done - first.done;
    const rowsPerSecond = elapsedMs > 0 && moved > 0 ? (moved / elapsedMs) * 1000 : null;
    const done = Math.min(doneIn(status, progress), progress.total);
    const isEarly = elapsedMs < LEAST_MS;
    const secondsLeft = rowsPerSecond === null || isEarly ? null : (progress.total - done) / rowsPerSecond;
    return { table, done, total: progress.total, rowsPerSecond, secondsLeft };
  }
}
