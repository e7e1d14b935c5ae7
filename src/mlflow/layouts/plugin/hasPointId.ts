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
  return hasId(document, pointId, []);
}

/** Has it the `_id` of the document of a further model, or of a model's point that no run has? Takes `model_id` as well. */
export function hasModelPointId(document: TargetDocument, pointId: PointId): boolean {
  const { model_id: model } = document;
  if (typeof model !== 'string') return false;
  return hasId(document, pointId, [
    [POINT.model, Buffer.from(model)],
    [POINT.metricRows, int8(-1n)],
  ]);
}

type Placed = readonly [column: number, value: Buffer];

function hasId(document: TargetDocument, pointId: PointId, besides: readonly Placed[]): boolean {
  const { run_id: run, k: key, timestamp, step, v: value } = document;
  if (typeof run !== 'string' || typeof key !== 'string' || typeof value !== 'number') return false;
  if (typeof timestamp !== 'bigint' || typeof step !== 'bigint') return false;
  const id = String(document['_id']);
  const stored = Number.isNaN(value) ? STORED_NAN : ([[value, false]] as const);
  return stored.some(([number, isNan]) => {
    const row = rowOf([
      [POINT.run, Buffer.from(run)],
      [POINT.key, Buffer.from(key)],
      [POINT.timestamp, int8(timestamp)],
      [POINT.step, int8(step)],
      [POINT.value, float8(number)],
      [POINT.isNan, bool(isNan)],
      ...besides,
    ]);
    return Buffer.from(pointId(row)).toString('hex') === id;
  });
}

/** The row of a point of which nothing but these values is asked: the others are NULL. */
function rowOf(values: readonly Placed[]): RowView {
  const columns = POINT.metricRows + 1;
  const bytes = values.map(([, value]) => value);
  const row = new RowView(columns, Buffer.concat(bytes), new Int32Array(columns * 2).fill(-1));
  let at = 0;
  for (const [column, { length }] of values) {
    row.fields[column * 2] = at;
    row.fields[column * 2 + 1] = length;
    at += length;
  }
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
