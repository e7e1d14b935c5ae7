import { BsonWriter } from '../encoding/bsonWriter.ts';
import { type DocumentBatch, type DocumentLosses, idKey, type RejectedRow } from '../encoding/documentBatch.ts';
import { fitDocument } from '../encoding/fitDocument.ts';
import type { RowView } from '../encoding/rowView.ts';
import { leftOut } from '../encoding/valueLoss.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';

/** Bounds of one batch, and of the documents in it. */
export interface BatchLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
  /** Of one document: what the target takes. */
  readonly maxDocumentBytes: number;
}

/** Encodes rows into documents, and gathers these into batches of bounded rows and bytes. */
export class Batcher {
  readonly #definition: CollectionDefinition;
  readonly #limits: BatchLimits;
  #out = new BsonWriter();
  #ends: number[] = [];
  #childRows: (readonly number[])[] = [];
  #counts: readonly number[] = [];
  #losses: DocumentLosses[] = [];
  #rejected: RejectedRow[] = [];

  constructor(definition: CollectionDefinition, limits: BatchLimits) {
    this.#definition = definition;
    this.#limits = limits;
  }

  /** Takes a row with its children, by child; gives the batch that it has filled, null as long as there is room. */
  add(row: RowView, children: readonly (readonly RowView[])[]): DocumentBatch | null {
    const out = this.#out;
    const start = out.position;
    try {
      this.#definition.encode(out, row, children);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const childRows = this.#countChildren(row, children);
      this.#rejected.push({ key: writtenId(out, start), reason: error.message, childRows });
      out.position = start;
      out.losses = [];
      return null;
    }
    this.#fit(out, start);
    if (out.losses.length > 0) {
      this.#losses.push({ document: this.#ends.length, losses: out.losses });
      out.losses = [];
    }
    this.#ends.push(out.position);
    if (this.#definition.children.length > 0) this.#childRows.push(this.#countChildren(row, children));
    if (this.#ends.length < this.#limits.maxRows && out.position < this.#limits.maxBytes) return null;
    // The bytes of a batch are its own: whoever took it may still send them when the next one is filled.
    this.#out = new BsonWriter(Math.ceil(out.position * 1.1));
    return this.#cut(out);
  }

  /** The last batch, which nothing fills any more; null where nothing is left. */
  rest(): DocumentBatch | null {
    return this.#ends.length === 0 && this.#rejected.length === 0 ? null : this.#cut(this.#out);
  }

  /** Has the document that was written last go without what may be left out, where the target would not take it otherwise. */
  #fit(out: BsonWriter, start: number): void {
    const { maxDocumentBytes } = this.#limits;
    const { expendable } = this.#definition;
    if (out.position - start <= maxDocumentBytes || expendable === undefined) return;
    const fitting = fitDocument(out.copyFrom(start), expendable, maxDocumentBytes);
    // What is too large all the same is refused by the writer, whole.
    if (fitting === null) return;
    out.position = start;
    out.element(fitting.document);
    out.losses.push(...fitting.left.map(({ field, bytes }) => leftOut(field, bytes)));
  }

  #cut(out: BsonWriter): DocumentBatch {
    const batch: DocumentBatch = {
      bytes: out.buffer.subarray(0, out.position),
      ends: this.#ends,
      childRows: this.#childRows,
      ...(this.#losses.length === 0 ? {} : { losses: this.#losses }),
      ...(this.#rejected.length === 0 ? {} : { rejected: this.#rejected }),
    };
    this.#ends = [];
    this.#childRows = [];
    this.#losses = [];
    this.#rejected = [];
    return batch;
  }

  /** Numbers of child rows; of documents with the same ones it is one array. */
  #countChildren(row: RowView, children: readonly (readonly RowView[])[]): readonly number[] {
    const definitions = this.#definition.children;
    for (let index = 0; index < definitions.length; index++) {
      if (this.#counts[index] === countChild(definitions[index], row, children[index])) continue;
      this.#counts = definitions.map((child, place) => countChild(child, row, children[place]));
      break;
    }
    return this.#counts;
  }
}

function countChild(
  child: CollectionDefinition['children'][number] | undefined,
  row: RowView,
  rows: readonly RowView[] | undefined,
): number {
  return child !== undefined && 'countAt' in child ? row.count(child.countAt) : (rows?.length ?? 0);
}

/** `_id` that the encoder had written before it failed, if it came so far. */
function writtenId(out: BsonWriter, start: number): string | null {
  if (out.position <= start + 9) return null;
  try {
    return idKey(out.buffer.subarray(start, out.position));
  } catch {
    return null;
  }
}
