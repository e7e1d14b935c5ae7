import type { Db, Document } from 'mongodb';
// The driver's own inserts are made of this class (lib/operations/insert.js, 7.9), but it neither types nor exports it.
// @ts-expect-error TS7016: should the driver type it one day, this line fails, and the type below can go.
import { DocumentSequence } from 'mongodb/lib/cmap/commands.js';

/*
 * All that this program knows of the driver beyond its documented interface. test/unit/target/driverInternals.test.ts holds
 * each of these to what the driver really sends and gives, so that an upgrade that changes one fails there and not in a
 * migration.
 */

const Sequence: new (field: string) => { push(document: object, bytes: Uint8Array): number } = DocumentSequence;

/**
 * Documents that are BSON already as a field of a command. Each piece holds one document or several, one after the other.
 * The driver serializes the documents of its public inserts again, which would cost more than encoding the rows did.
 */
export function documentSequence(field: string, pieces: Iterable<Uint8Array>): object {
  const sequence = new Sequence(field);
  // The object stands for the document in the driver's log of commands only.
  for (const bytes of pieces) sequence.push({}, bytes);
  return sequence;
}

/** A reply to `find`: its documents, and the cursor that the server keeps for those that it could not hold. */
export interface FirstReply extends FoundSpan {
  readonly cursor: unknown;
}

/** Documents of one reply as BSON bytes, as they lie in it. */
export interface FoundSpan {
  readonly bytes: Buffer;
  /** Where each document begins; its first four bytes say how long it is. */
  readonly starts: readonly number[];
  /** False where a reply could not hold all: a server cuts at 16 MB, request units at 4 MB. */
  readonly isWhole: boolean;
}

/** The documents, each as a view of its bytes. */
export function eachFound({ bytes, starts }: FoundSpan): Buffer[] {
  return starts.map((start) => bytes.subarray(start, start + bytes.readInt32LE(start)));
}

/** The documents of a reply, each as BSON bytes. */
export interface FoundDocuments {
  readonly documents: readonly Buffer[];
  /** Are they all, or only those that one reply holds? */
  readonly isWhole: boolean;
}

export function documentsOf(found: FoundSpan): FoundDocuments {
  return { documents: eachFound(found), isWhole: found.isWhole };
}

/** Sends a `find` and gives its first batch as bytes: a cursor of the driver would make an object of every document. */
export async function findRaw(db: Db, find: Document, signal?: AbortSignal): Promise<FirstReply> {
  // Not `raw`, which would leave the rest of the reply as bytes too: of a refusal also the server's topology version, at
  // which the driver (7.9) throws where nobody can catch it.
  const reply = await db.command(find, { fieldsAsRaw: { firstBatch: true }, ...(signal && { signal }) });
  const { firstBatch, id } = reply['cursor'] as { firstBatch: readonly Uint8Array[]; id: unknown };
  return { ...spanOf(firstBatch), isWhole: id === 0, cursor: id };
}

/** Documents that are views of one reply, as the piece of it that they lie in. */
function spanOf(documents: readonly Uint8Array[]): Omit<FoundSpan, 'isWhole'> {
  const [first, last] = [documents[0], documents.at(-1)];
  if (first === undefined || last === undefined) return { bytes: Buffer.alloc(0), starts: [] };
  const begin = first.byteOffset;
  return {
    bytes: Buffer.from(first.buffer, begin, last.byteOffset + last.byteLength - begin),
    starts: documents.map(({ byteOffset }) => byteOffset - begin),
  };
}

/** All connections of the pool were in use for the URI's `waitQueueTimeoutMS`. The driver does not export the class. */
export function isWaitQueueTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'MongoWaitQueueTimeoutError';
}
