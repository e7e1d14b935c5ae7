import type { ProcessProgress, RowCounts } from '../contract/progress.ts';
import type { ProgressSeries } from '../contract/progressSeries.ts';
import type { TargetLoad } from '../target/documentAccess.ts';
import { addToSeries, NO_SERIES } from './progressSeries.ts';

/** Counts the rows of one range; see {@link ProgressCounter.openRange}. */
export interface RangeCount {
  readonly add: (kind: keyof RowCounts, table: string, rows: number, bytes?: number) => void;
  readonly close: (isDone: boolean) => void;
}

/** Readings that rates are taken over: as many seconds, as there is one with each heartbeat. */
const RATE_READINGS = 5;

/** What this process has done for one migration: rows, bytes, load, and how fast it goes. */
export class ProgressCounter {
  readonly #total: RowCounts = noRows();
  readonly #openRanges = new Set<RowCounts>();
  readonly #readings: { rows: number; bytes: number; at: number }[] = [];
  #rows = 0;
  #bytes = 0;
  #throttled = 0;
  #requestUnits = 0;
  #lagSeconds: number | null = null;
  #hasCounted = false;
  #series: ProgressSeries = NO_SERIES;
  /** What the series has already. */
  #noted = { rows: 0, bytes: 0, throttled: 0, requestUnits: 0 };

  /** Is there anything to tell but that it lives? */
  get hasCounted(): boolean {
    return this.#hasCounted;
  }

  /** Counts the rows of one range. They are final once the range is done; a range that was not is counted afresh when it is done again. */
  openRange(): RangeCount {
    const counts = noRows();
    this.#openRanges.add(counts);
    return {
      add: (kind, table, rows, bytes = 0) => {
        this.#hasCounted = true;
        counts[kind][table] = (counts[kind][table] ?? 0) + rows;
        if (kind !== 'errors') this.#rows += rows;
        this.#bytes += bytes;
      },
      close: (isDone) => {
        this.#openRanges.delete(counts);
        if (isDone) addRows(this.#total, counts);
      },
    };
  }

  /** Refused requests, and request units that were spent, as they come. */
  addLoad({ throttled, requestUnits }: Pick<TargetLoad, 'throttled' | 'requestUnits'>): void {
    this.#hasCounted = true;
    this.#throttled += throttled;
    this.#requestUnits += requestUnits;
  }

  /** How far the target was behind its source when a pass began, for the series. */
  noteLag(seconds: number): void {
    this.#hasCounted = true;
    this.#lagSeconds = seconds;
  }

  /** What has been done so far; rates are those since a few readings ago. */
  read(): ProcessProgress {
    const open = noRows();
    for (const counts of this.#openRanges) addRows(open, counts);
    return {
      ...this.#total,
      open,
      bytes: this.#bytes,
      throttled: this.#throttled,
      requestUnits: this.#requestUnits,
      ...this.#rates(),
      series: this.#noteSeries(),
      updatedAt: new Date().toISOString(),
    };
  }

  /** Adds to the series what came since the reading before. */
  #noteSeries(): ProgressSeries {
    const now = {
      rows: this.#rows,
      bytes: this.#bytes,
      throttled: this.#throttled,
      requestUnits: this.#requestUnits,
    };
    const before = this.#noted;
    this.#series = addToSeries(this.#series, {
      atMs: Date.now(),
      rows: now.rows - before.rows,
      bytes: now.bytes - before.bytes,
      throttled: now.throttled - before.throttled,
      requestUnits: Math.round(now.requestUnits) - Math.round(before.requestUnits),
      lagSeconds: this.#lagSeconds,
    });
    this.#noted = now;
    this.#lagSeconds = null;
    return this.#series;
  }

  #rates(): Pick<ProcessProgress, 'rowsPerSecond' | 'bytesPerSecond'> {
    const now = { rows: this.#rows, bytes: this.#bytes, at: performance.now() };
    this.#readings.push(now);
    if (this.#readings.length > RATE_READINGS) this.#readings.shift();
    const oldest = this.#readings[0] ?? now;
    const seconds = (now.at - oldest.at) / 1000;
    if (seconds <= 0) return { rowsPerSecond: 0, bytesPerSecond: 0 };
    return {
      rowsPerSecond: Math.round((now.rows - oldest.rows) / seconds),
      bytesPerSecond: Math.round((now.bytes - oldest.bytes) / seconds),
    };
  }
}

function noRows(): RowCounts {
  return { copied: {}, validated: {}, errors: {} };
}

function addRows(to: RowCounts, from: RowCounts): void {
  for (const kind of ['copied', 'validated', 'errors'] as const) {
    for (const [table, rows] of Object.entries(from[kind])) to[kind][table] = (to[kind][table] ?? 0) + rows;
  }
}
