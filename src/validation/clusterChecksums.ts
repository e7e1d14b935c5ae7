import type { BatchChecksum } from '../contract/storedChecksums.ts';
import { idKey } from '../encoding/documentBatch.ts';
import { compareIds, idHead } from '../encoding/idOrder.ts';
import { sha256 } from './sha256.ts';

/** Documents that are held for the next batch: points of one run, and of others whose `_id`s begin alike. */
const MOST_HELD = 5_000;
const MOST_HELD_BYTES = 4 * 1024 * 1024;

/**
 * Checksums of documents whose ObjectIds follow the order of their rows by their first two bytes alone, as those of metric points do
 * (src/mlflow/layouts/plugin/pointIds.ts): what begins alike is a cluster, and comes in any order. A batch ends within a cluster, so
 * the last one of each is held until it is known to be whole. The first and the last cluster of a range may go on in the ranges beside it: these
 * documents are named one by one.
 */
export class ClusterChecksums {
  #held: readonly Buffer[] = [];
  #isFirst = true;

  /** Takes a batch's documents in the order of `_id`, at least one; gives what is whole by now, null where no checksum can stand for them. */
  add(documents: readonly Buffer[]): readonly BatchChecksum[] | null {
    const [lowest, highest] = [documents[0], documents.at(-1)] as [Buffer, Buffer];
    const open = idHead(this.#held[0] ?? lowest);
    if (idHead(lowest) < open) return null;
    const last = idHead(highest);
    const isWhole = open !== last;
    const openEnd = isWhole ? documents.findIndex((document) => idHead(document) !== open) : 0;
    const lastStart = isWhole ? documents.findIndex((document) => idHead(document) === last) : 0;
    const sums = isWhole ? this.#close(documents.slice(0, openEnd), documents.slice(openEnd, lastStart)) : [];
    const begun = documents.slice(lastStart);
    const [count, bytes] = [this.#held.length + begun.length, lengthOf(this.#held) + lengthOf(begun)];
    if (count > MOST_HELD || bytes > MOST_HELD_BYTES) return null;
    // The bytes of a batch are large, and kept alive as long as any document of it is.
    this.#held = [...this.#held, ...begun.map((document) => Buffer.from(document))];
    return sums;
  }

  /** The rest, when all batches of the range have come. */
  end(): readonly BatchChecksum[] {
    return this.#held.length === 0 ? [] : [listed(inOrder(this.#held))];
  }

  /** Checksums of what was held, with the rest of its cluster, and of the whole clusters after it. */
  #close(rest: readonly Buffer[], whole: readonly Buffer[]): BatchChecksum[] {
    const held = inOrder([...this.#held, ...rest]);
    this.#held = [];
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (!isFirst) return [checksumOf([...held, ...whole])];
    return whole.length === 0 ? [listed(held)] : [listed(held), checksumOf(whole)];
  }
}

/** Of documents in the order of `_id`, between whose ends no other ones belong. */
export function checksumOf(documents: readonly Buffer[]): BatchChecksum {
  const [first, last] = [documents[0], documents.at(-1)] as [Buffer, Buffer];
  const bytes = lengthOf(documents);
  return [idKey(first), idKey(last), documents.length, bytes, sha256(documents, new Uint8Array(bytes))];
}

function listed(documents: readonly Buffer[]): BatchChecksum {
  const [low, high, count, bytes, sum] = checksumOf(documents);
  return [low, high, count, bytes, sum, documents.map(idKey)];
}

function inOrder(documents: readonly Buffer[]): readonly Buffer[] {
  return documents.toSorted((one, other) => compareIds(one, 0, other, 0));
}

function lengthOf(documents: readonly Buffer[]): number {
  return documents.reduce((total, { length }) => total + length, 0);
}
