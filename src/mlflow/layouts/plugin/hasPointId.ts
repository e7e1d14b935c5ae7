import { RowView } from '../../../encoding/rowView.ts';
import type { TargetDocument } from '../layout.ts';
import { POINT, type PointId } from './pointIds.ts';

/** How a value that documents hold as NaN may stand in its row, by value and mark: MLflow's own way first. */
const STORED_NAN = [
  [0, true],
  [-0, true],
  [Number.NaN, true],
  [Number.NaN, false],
] as const;

/**
 * Has the document of a point the `_id` that the point's own row makes? The document of a further model, or of a model's point that no
 * run has, has another. Takes the fields that the id is made of; false where one is of a type that no migration writes.
 */
export function hasPointId(document: TargetDocument, pointId: PointId): boolean {
  const { run_id: run, k: key, timestamp, step, v: value } = document;
  if (typeof run !== 'string' || typeof key !== 'string' || typeof value !== 'number') return false;
  if (typeof timestamp !== 'bigint' || typeof step !== 'bigint') return false;
  const id = String(document['_id']);
  const stored = Number.isNaN(value) ? STORED_NAN : ([[value, false]] as const);
  return stored.some(([number, isNan]) => {
    const row = rowOf([Buffer.from(run), Buffer.from(key), int8(timestamp), int8(step), float8(number), bool(isNan)]);
    return Buffer.from(pointId(row)).toString('hex') === id;
  });
}

/** The row of a point of which nothing but its key is asked: what follows is NULL. */
function rowOf(values: readonly Buffer[]): RowView {
  const columns = POINT.metricRows + 1;
  const row = new RowView(columns, Buffer.concat(values), new Int32Array(columns * 2).fill(-1));
  let at = 0;
  values.forEach(({ length }, index) => {
    row.fields[index * 2] = at;
    row.fields[index * 2 + 1] = length;
    at += length;
  });
  return row;
}

function int8(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function float8(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

function bool(value: boolean): Buffer {
  return Buffer.of(value ? 1 : 0);
}
