/** Ids are told apart by the bucket of their hash, so that memory holds three numbers for each bucket and never all ids. */
const FEWEST_BUCKETS = 1 << 16;

/** The numbers of all buckets, in base64. */
interface StoredBuckets {
  readonly documents: string;
  readonly rows: string;
  readonly mixes: string;
}

/** How many documents and rows have their `_id`s in which bucket. */
export class ExtraBuckets {
  readonly #documents: Int32Array;
  readonly #rows: Int32Array;
  /** Other hashes of both, mixed: a document too many and a row too many in one bucket are not the same one. */
  readonly #mixes: Int32Array;

  /** About as many buckets as are wanted, unless they are those that were stored. */
  constructor(wanted: number, stored?: StoredBuckets) {
    const count = Math.max(FEWEST_BUCKETS, 2 ** Math.ceil(Math.log2(wanted)));
    this.#documents = stored === undefined ? new Int32Array(count) : decoded(stored.documents);
    this.#rows = stored === undefined ? new Int32Array(count) : decoded(stored.rows);
    this.#mixes = stored === undefined ? new Int32Array(count) : decoded(stored.mixes);
  }

  /** The bucket of an `_id`. */
  bucketOf(id: string): number {
    return hashOf(id, BUCKET_FACTOR) & (this.#documents.length - 1);
  }

  addDocument(id: string): void {
    this.#add(this.#documents, id);
  }

  addRow(id: string): void {
    this.#add(this.#rows, id);
  }

  /** The buckets in which documents and rows differ, in groups that hold about so many documents at most. */
  groups(maxHeldIds: number): ReadonlySet<number>[] {
    const groups: Set<number>[] = [];
    let group = new Set<number>();
    let held = 0;
    this.#documents.forEach((count, bucket) => {
      if (count === 0 || (count <= (this.#rows[bucket] ?? 0) && this.#mixes[bucket] === 0)) return;
      if (group.size === 0 || held + count > maxHeldIds) {
        group = new Set();
        groups.push(group);
        held = 0;
      }
      group.add(bucket);
      held += count;
    });
    return groups;
  }

  toStored(): StoredBuckets {
    return { documents: encoded(this.#documents), rows: encoded(this.#rows), mixes: encoded(this.#mixes) };
  }

  #add(counts: Int32Array, id: string): void {
    const bucket = this.bucketOf(id);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    this.#mixes[bucket] = (this.#mixes[bucket] ?? 0) ^ hashOf(id, MIX_FACTOR);
  }
}

/** Factors of two hashes of a key: FNV's, and MurmurHash2's. */
const BUCKET_FACTOR = 0x01000193;
const MIX_FACTOR = 0x5bd1e995;

/** FNV-1a over UTF-16 units with that factor, folded so that the low bits depend on all. */
function hashOf(key: string, factor: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), factor);
  return (hash >>> 16) ^ hash;
}

function encoded(numbers: Int32Array): string {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, index) => void bytes.writeInt32LE(number, index * 4));
  return bytes.toString('base64');
}

function decoded(text: string): Int32Array {
  const bytes = Buffer.from(text, 'base64');
  return Int32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readInt32LE(index * 4));
}
