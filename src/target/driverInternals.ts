import type { Db, Document } from 'mongodb';
// The driver's own inserts are made of this class (lib/operations/insert.js, 7.9), but it neither types nor exports it.
// @ts-expect-error TS7016: should the driver type it one day, this line fails, and the type below can go.
import { DocumentSequence } from 'mongodb/lib/cmap/commands.js';
import { bsonElements } from '../encoding/bsonElements.ts';

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

/** Documents as BSON bytes, and whether they are the whole answer. */
export interface FoundDocuments {
  readonly documents: readonly Buffer[];
  /** False where a reply could not hold all: a server cuts at 16 MB, request units at 4 MB. */
  readonly isWhole: boolean;
}

/** Sends a `find` and gives its first batch as bytes: a cursor of the driver would make an object of every document. */
export async function findRaw(db: Db, find: Document): Promise<FoundDocuments> {
  // With `raw` whatever lies within a reply comes as the bytes that it arrived in.
  const reply = await db.command(find, { raw: true });
  let documents: Buffer[] = [];
  let isWhole = false;
  for (const element of bsonElements(Buffer.from(reply['cursor'] as Uint8Array))) {
    if (element.name === 'firstBatch') documents = Array.from(bsonElements(element.value), ({ value }) => value);
    else if (element.name === 'id') isWhole = element.value.every((byte) => byte === 0);
  }
  return { documents, isWhole };
}

/** A document of a cursor with the option `raw`, which gives bytes where its types say objects. */
export function rawDocument(document: Document): Buffer {
  return Buffer.from(document as unknown as Uint8Array);
}

/** All connections of the pool were in use for the URI's `waitQueueTimeoutMS`. The driver does not export the class. */
export function isWaitQueueTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'MongoWaitQueueTimeoutError';
}
