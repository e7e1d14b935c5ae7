/** Ids are told apart by the bucket of their hash, so that memory holds some numbers for each and never all ids. */
const BUCKETS = 1 << 16;

/** How many documents and rows have their `_id`s in which bucket. */
export class ExtraBuckets {
  readonly #documents: Int32Array;
  readonly #rows: Int32Array;
  /** Hashes of both: a document too many and a row too many in one bucket are not the same one. */
  readonly #mixes: Int32Array;

  constructor(stored?: { readonly documents: string; readonly rows: string; readonly mixes: string }) {
    this.#documents = stored === undefined ? new Int32Array(BUCKETS) : decoded(stored.documents);
    this.#rows = stored === undefined ? new Int32Array(BUCKETS) : decoded(stored.rows);
    this.#mixes = stored === undefined ? new Int32Array(BUCKETS) : decoded(stored.mixes);
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

  toStored(): { readonly documents: string; readonly rows: string; readonly mixes: string } {
    return { documents: encoded(this.#documents), rows: encoded(this.#rows), mixes: encoded(this.#mixes) };
  }

  #add(counts: Int32Array, id: string): void {
    const hash = hashOf(id);
    const bucket = hash & (BUCKETS - 1);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    this.#mixes[bucket] = (this.#mixes[bucket] ?? 0) ^ hash;
  }
}

/** The bucket of an `_id`. */
export function bucketOf(id: string): number {
  return hashOf(id) & (BUCKETS - 1);
}

/** FNV-1a over UTF-16 units, folded so that the low bits depend on all. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 16) ^ hash;
}

function encoded(numbers: Int32Array): string {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, index) => void bytes.writeInt32LE(number, index * 4));
  return bytes.toString('base64');
}

function decoded(text: string): Int32Array {
  const bytes = Buffer.from(text, 'base64');
  return Int32Array.from({ length: BUCKETS }, (_, index) => bytes.readInt32LE(index * 4));
}
