import { randomUUID } from 'node:crypto';
import type { StopReason } from '../contract/operatorWord.ts';
import type { ProcessProgress, RowCounts } from '../contract/progress.ts';
import { MigrationError } from '../errors.ts';
import { type BlobStore, putJson } from '../storage/blobs.ts';
import { blobPaths } from './blobPaths.ts';
import { readWord } from './operatorWord.ts';

/** Is the run that the work is done for no more? Its orchestration may have been ended from outside, which ends none of its children. */
export type IsGone = () => Promise<boolean>;

const TICK_MS = 1_000;
/** So often work looks whether its run is still there. */
const LOOK_FOR_RUN_MS = 3_000;
const RATE_WINDOW_TICKS = 5;

/**
 * The heartbeat of one migration in this process: while work runs, once a second it stores the progress and looks for
 * the operator's word. `signal` aborts when work should stop: cancelled, suspended, its run is gone, or the process is asked
 * to end.
 */
export class Pulse {
  private readonly store: BlobStore;
  private readonly id: string;
  private readonly processId = randomUUID();
  private readonly progress: ProcessProgress = {
    ...noRows(),
    open: noRows(),
    bytes: 0,
    throttled: 0,
    requestUnits: 0,
    rowsPerSecond: 0,
    bytesPerSecond: 0,
    updatedAt: '',
  };
  /** Done with each heartbeat, such as telling the target that this run lives. Its failures are met by whoever stands on it. */
  onTick: (() => Promise<void>) | null = null;
  private readonly openRanges = new Set<RowCounts>();
  private readonly shutdown: AbortSignal;
  private readonly window: { rows: number; bytes: number; at: number }[] = [];
  private rows = 0;
  /** Is there anything to store but that it lives? */
  private hasCounted = false;
  private active = 0;
  private timer: NodeJS.Timeout | null = null;
  private ticking: Promise<void> | null = null;
  private stop = new AbortController();
  private isGone: IsGone | null = null;
  private seenAt = Number.NEGATIVE_INFINITY;

  constructor(store: BlobStore, id: string, shutdown: AbortSignal) {
    this.store = store;
    this.id = id;
    this.shutdown = shutdown;
  }

  /** Runs a piece of work under this heartbeat. Without `isGone` nobody looks whether its run is still there. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>, isGone: IsGone | null = null): Promise<T> {
    this.isGone = isGone ?? this.isGone;
    // What an earlier word stopped may still be ending when that word is taken back: what begins now hears the next one.
    if (this.active === 0 || this.stop.signal.aborted) this.stop = new AbortController();
    this.active++;
    this.timer ??= setInterval(() => {
      this.ticking ??= this.tick().finally(() => {
        this.ticking = null;
      });
    }, TICK_MS);
    try {
      await this.hear();
      return await work(AbortSignal.any([this.stop.signal, this.shutdown]));
    } finally {
      this.active--;
      if (this.active === 0) {
        clearInterval(this.timer);
        this.timer = null;
        await this.ticking;
        if (this.hasCounted) await this.tick();
      }
    }
  }

  /** Counts the rows of one range. They are final once the range is done; a range that was not is counted afresh when it is done again. */
  openRange(): RangeCount {
    const counts = noRows();
    this.openRanges.add(counts);
    return {
      add: (kind, table, rows, bytes = 0) => {
        this.hasCounted = true;
        counts[kind][table] = (counts[kind][table] ?? 0) + rows;
        if (kind !== 'errors') this.rows += rows;
        this.progress.bytes += bytes;
      },
      close: (isDone) => {
        this.openRanges.delete(counts);
        if (isDone) addRows(this.progress, counts);
      },
    };
  }

  addLoad(throttled: number, requestUnits: number): void {
    this.hasCounted = true;
    this.progress.throttled += throttled;
    this.progress.requestUnits += requestUnits;
  }

  private async tick(): Promise<void> {
    const now = performance.now();
    this.window.push({ rows: this.rows, bytes: this.progress.bytes, at: now });
    if (this.window.length > RATE_WINDOW_TICKS) this.window.shift();
    const oldest = this.window[0];
    if (oldest !== undefined && now > oldest.at) {
      const seconds = (now - oldest.at) / 1000;
      this.progress.rowsPerSecond = Math.round((this.rows - oldest.rows) / seconds);
      this.progress.bytesPerSecond = Math.round((this.progress.bytes - oldest.bytes) / seconds);
    }
    this.progress.updatedAt = new Date().toISOString();
    this.progress.open = noRows();
    for (const counts of this.openRanges) addRows(this.progress.open, counts);
    this.onTick?.().catch(() => undefined);
    try {
      // A step that counts nothing shows that it is alive all the same; one place is enough for all of them.
      const place = this.hasCounted ? this.processId : 'alive';
      await putJson(this.store, blobPaths.processProgress(this.id, place), this.progress);
      await this.hear();
    } catch (error) {
      // A heartbeat that storage misses is made good by the next one; work does not depend on it.
      console.warn(
        `Progress of ${this.id} could not be stored: ${error instanceof Error ? error.name : 'unknown error'}`,
      );
    }
  }

  /** Stops the work where the operator or the end of its run says so. */
  private async hear(): Promise<void> {
    const { stop } = this;
    const { word } = await readWord(this.store, this.id);
    if (word !== 'run') stop.abort(stopped(word));
    if (this.isGone === null || performance.now() - this.seenAt < LOOK_FOR_RUN_MS) return;
    if (await this.isGone()) stop.abort(stopped('cancel'));
    else this.seenAt = performance.now();
  }
}

/** Counts the rows of one range; see {@link Pulse.openRange}. */
export interface RangeCount {
  readonly add: (kind: keyof RowCounts, table: string, rows: number, bytes?: number) => void;
  readonly close: (isDone: boolean) => void;
}

function noRows(): RowCounts {
  return { copied: {}, validated: {}, errors: {} };
}

function addRows(to: RowCounts, from: RowCounts): void {
  for (const kind of ['copied', 'validated', 'errors'] as const) {
    for (const [table, rows] of Object.entries(from[kind])) to[kind][table] = (to[kind][table] ?? 0) + rows;
  }
}

/** The reason that an aborted signal carries. */
export function stopped(why: StopReason): MigrationError {
  return new MigrationError('interrupted', `Work was asked to stop (${why})`, { cause: why });
}

/** Why work under this signal was asked to stop, null where it was not. */
export function stopReason(signal: AbortSignal): StopReason | null {
  return signal.aborted ? ((signal.reason as MigrationError).cause as StopReason) : null;
}
