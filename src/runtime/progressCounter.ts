import type { ProcessProgress, RowCounts } from '../contract/progress.ts';
import type { ProgressSeries } from '../contract/progressSeries.ts';
import type { TargetLoad } from '../target/documentAccess.ts';
import { addToSeries, NO_SERIES } from './progressSeries.ts';

/** What else is known of rows that are counted. */
interface CountedRows {
  readonly bytes?: number;
  /** They stood in the target before: of how fast rows are written they say nothing. */
  readonly isThere?: boolean;
}

/** Counts the rows of one range; see {@link ProgressCounter.openRange}. */
export interface RangeCount {
  readonly add: (kind: keyof RowCounts, table: string, rows: number, more?: CountedRows) => void;
  readonly close: (isDone: boolean) => void;
}

/** Readings that rates are taken over: as many seconds, as there is one with each heartbeat. */
const RATE_READINGS = 5;
/** The pace that the time left follows from is steadier; in the first seconds of a phase there is none. */
const PACE_READINGS = 30;
const LEAST_PACE_READINGS = 6;
/** Readings come once a second while there is work; after a longer time without one, those of before say nothing of now. */
const REST_MS = 5_000;

/** What this process has done for one migration: rows, bytes, load, and how fast it goes. */
export class ProgressCounter {
  readonly #total: RowCounts = noRows();
  readonly #openRanges = new Set<RowCounts>();
  /** Rows that ranges which were left in their middle had come to, less those that were met again since. */
  #again: RowCounts = noRows();
  readonly #readings: Reading[] = [];
  readonly #indexed: Record<string, number> = {};
  /** What the readings are of: rows that are copied and rows that are compared take different times. */
  #phase: keyof RowCounts | null = null;
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

  /** Counts the rows of one range. They are final once the range is done; of one that was not they stand until as many are met again, whichever range they are of. */
  openRange(): RangeCount {
    const counts = noRows();
    this.#openRanges.add(counts);
    return {
      add: (kind, table, rows, { bytes = 0, isThere = false } = {}) => {
        this.#hasCounted = true;
        counts[kind][table] = (counts[kind][table] ?? 0) + rows;
        this.#meetAgain(kind, table, rows);
        if (!isThere) this.#bytes += bytes;
        if (kind === 'errors' || rows === 0) return;
        if (kind !== this.#phase) this.#readings.length = 0;
        this.#phase = kind;
        if (!isThere) this.#rows += rows;
      },
      close: (isDone) => {
        this.#openRanges.delete(counts);
        // What could not be carried is told by whoever comes to the end of the range.
        addRows(isDone ? this.#total : this.#again, isDone ? counts : { ...counts, errors: {} });
      },
    };
  }

  /** Takes over what processes that are gone had open. `isFirst`: this one has begun in their place, so that what it has counted is of that. */
  adopt(open: RowCounts, isFirst: boolean): void {
    const met = noRows();
    for (const counts of isFirst ? [this.#total, ...this.#openRanges] : []) addRows(met, counts);
    addRows(this.#again, { ...open, errors: {} });
    for (const kind of ['copied', 'validated'] as const) {
      for (const [table, rows] of Object.entries(met[kind])) this.#meetAgain(kind, table, rows);
    }
  }

  /** Gives up what it had left in its middle, as another process has taken its place. */
  giveUp(): void {
    this.#again = noRows();
  }

  #meetAgain(kind: keyof RowCounts, table: string, rows: number): void {
    const left = this.#again[kind][table] ?? 0;
    if (left > rows) this.#again[kind][table] = left - rows;
    else delete this.#again[kind][table];
  }

  /** Indexes of a collection with so many rows were built. */
  addIndexed(collection: string, rows: number): void {
    this.#hasCounted = true;
    this.#indexed[collection] = rows;
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
      ...(hasRows(this.#again) ? { again: this.#again } : {}),
      bytes: this.#bytes,
      throttled: this.#throttled,
      requestUnits: this.#requestUnits,
      ...(Object.keys(this.#indexed).length === 0 ? {} : { indexed: this.#indexed }),
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

  #rates(): Pick<ProcessProgress, 'rowsPerSecond' | 'bytesPerSecond' | 'pace'> {
    const now = { rows: this.#rows, bytes: this.#bytes, at: performance.now() };
    const readings = this.#readings;
    if (now.at - (readings.at(-1)?.at ?? now.at) > REST_MS) readings.length = 0;
    readings.push(now);
    if (readings.length > PACE_READINGS) readings.shift();
    const recent = readings.at(-RATE_READINGS) ?? readings[0] ?? now;
    const [rowsPerSecond, bytesPerSecond] = [perSecond(recent, now, 'rows'), perSecond(recent, now, 'bytes')];
    if (readings.length < LEAST_PACE_READINGS) return { rowsPerSecond, bytesPerSecond };
    return { rowsPerSecond, bytesPerSecond, pace: perSecond(readings[0] ?? now, now, 'rows') };
  }
}

/** What was counted up to an instant, in milliseconds. */
interface Reading {
  readonly rows: number;
  readonly bytes: number;
  readonly at: number;
}

function perSecond(from: Reading, to: Reading, of: 'rows' | 'bytes'): number {
  const seconds = (to.at - from.at) / 1000;
  return seconds <= 0 ? 0 : Math.round((to[of] - from[of]) / seconds);
}

/** Counts to add others to. */
export function noRows(): RowCounts {
  return { copied: {}, validated: {}, errors: {} };
}

/** Has any table been counted? */
export function hasRows(counts: RowCounts): boolean {
  return Object.values(counts).some((byTable) => Object.keys(byTable).length > 0);
}

/** Adds counts to those of before. */
export function addRows(to: RowCounts, from: RowCounts): void {
  for (const kind of ['copied', 'validated', 'errors'] as const) {
    for (const [table, rows] of Object.entries(from[kind])) to[kind][table] = (to[kind][table] ?? 0) + rows;
  }
}
