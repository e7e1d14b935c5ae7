import type { RowView } from '../../../encoding/rowView.ts';
import { ownedObjectId } from './objectIds.ts';

/** Places of the values in a row of `run_metrics`, in both forms of the query. */
export const POINT = {
  run: 0,
  key: 1,
  timestamp: 2,
  step: 3,
  value: 4,
  isNan: 5,
  model: 6,
  datasetName: 7,
  datasetDigest: 8,
  /** Rows of logged_model_metrics that the document stands for, and how many rows of metrics less than one. */
  modelRows: 9,
  metricRows: 10,
} as const;

/** Makes the `_id` of a point from its primary key; from the model too where that is not the first one of the point. Valid until the next call. */
export type PointId = (row: RowView) => Uint8Array;

const OBJECT_ID_BYTES = 12;
const id = new Uint8Array(OBJECT_ID_BYTES);
/** State of the hash: 64 bits in two halves. */
let high = 0;
let low = 0;

/**
 * The `_id`s of version 2, made in a seventh of the time of {@link hashedPointId}:
 *
 * - 2 bytes: the run's first hex digits, or of its hash where it does not begin with four. Ranges of runs are ranges of ids.
 * - 1 byte of a hash of the key and 1 byte that grows with the step. Points are written, and found again, side by side.
 * - 8 bytes of a hash of the whole key.
 *
 * Two points can only meet where the first four bytes are the same. The odds that any two of 10^9 do are about 10^-9 where
 * they belong to a million runs with random ids, and 3 in 100 where all are of one key and step of one run. The hash is not
 * a cryptographic one, so that somebody who logs metrics can make two points meet on purpose. These are one document then,
 * and the checks tell that there are fewer documents than rows.
 */
export const mixedPointId: PointId = (row) => {
  const { buffer } = row;
  high = 0x6d6c666c;
  low = 0x6f772d32;
  mixText(row, POINT.run);
  writeRun(buffer, row.start(POINT.run), row.length(POINT.run));
  mixText(row, POINT.key);
  id[2] = low;
  const isFurtherModel = row.count(POINT.metricRows) < 0;
  if (isFurtherModel) mixText(row, POINT.model);
  const [value, valueBytes] = [row.start(POINT.value), row.length(POINT.value)];
  mix((row.bool(POINT.isNan) === true ? 1 : 0) | (isFurtherModel ? 2 : 0) | (valueBytes < 0 ? 4 : 0));
  mix(word(buffer, value, valueBytes));
  mix(word(buffer, value + 4, valueBytes));
  const [timestamp, step] = [row.start(POINT.timestamp), row.start(POINT.step)];
  const [timestampBytes, stepBytes] = [row.length(POINT.timestamp), row.length(POINT.step)];
  mix(word(buffer, timestamp, timestampBytes));
  const stepHigh = word(buffer, step, stepBytes);
  mix(stepHigh);
  // Two words that follow each other never cancel out: points that differ in these alone cannot meet.
  mix(word(buffer, timestamp + 4, timestampBytes));
  const stepLow = word(buffer, step + 4, stepBytes);
  mix(stepLow);
  id[3] = stepByte(stepHigh, stepLow);
  mix(0);
  mix(0);
  writeWord(4, high);
  writeWord(8, low);
  return id;
};

/** One step of the hash: a bijection of the state for each word, and of the word for each state. */
function mix(value: number): void {
  let mixed = Math.imul(high ^ value, 0x9e3779b1);
  mixed ^= mixed >>> 15;
  low = Math.imul((low + mixed) | 0, 0x85ebca77);
  low ^= low >>> 13;
  high = (mixed + low) | 0;
}

/** Takes a text in, and its length, so that what follows cannot be part of it. */
function mixText(row: RowView, column: number): void {
  const { buffer } = row;
  const length = row.length(column);
  const start = row.start(column);
  const whole = start + (length & ~3);
  let at = start;
  if (length > 0) {
    for (; at < whole; at += 4) mix(word(buffer, at, 4));
    let rest = 0;
    for (const end = start + length; at < end; at++) rest = (rest << 8) | (buffer[at] as number);
    mix(rest);
  }
  mix(length);
}

/** Four bytes as a number; 0 of a NULL, which has no bytes. */
function word(bytes: Uint8Array, at: number, length: number): number {
  if (length < 0) return 0;
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

function writeWord(at: number, value: number): void {
  id[at] = value >>> 24;
  id[at + 1] = value >>> 16;
  id[at + 2] = value >>> 8;
  id[at + 3] = value;
}

/** Begins the id as the run does. */
function writeRun(bytes: Uint8Array, start: number, length: number): void {
  let digits = 0;
  for (let at = start; at < start + 4; at++) {
    const digit = length < 4 ? -1 : hexDigit(bytes[at] as number);
    if (digit < 0) {
      id[0] = low >>> 8;
      id[1] = low;
      return;
    }
    digits = (digits << 4) | digit;
  }
  id[0] = digits >>> 8;
  id[1] = digits;
}

/** Value of a lower-case hex digit, -1 of any other byte. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}

/** Grows with the step, by an eighth of it at most: exact up to 15, the greatest from 2^32 on, 0 below 0. */
function stepByte(stepHigh: number, stepLow: number): number {
  if (stepHigh !== 0) return stepHigh < 0 ? 0 : 255;
  const bits = 32 - Math.clz32(stepLow);
  return bits <= 4 ? stepLow : 16 + (bits - 5) * 8 + ((stepLow >>> (bits - 4)) & 7);
}

/** Zero bytes stand between the texts of a key: PostgreSQL's texts hold none. */
const scratch = Buffer.alloc(4096);

/** The `_id`s of version 1, for targets that were filled with them. */
export const hashedPointId: PointId = (row) => {
  const last = row.count(POINT.metricRows) < 0 ? POINT.model : POINT.isNan;
  let length = 0;
  for (let at = POINT.run; at <= last; at++) length += Math.max(0, row.length(at)) + 1;
  const key = length <= scratch.length ? scratch.subarray(0, length) : Buffer.alloc(length);
  let end = 0;
  for (let at = POINT.run; at <= last; at++) {
    if (!row.isNull(at)) end += row.buffer.copy(key, end, row.start(at), row.start(at) + row.length(at));
    key[end++] = 0;
  }
  return ownedObjectId(row.text(POINT.run), key);
};
