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

/** Sends a `find` and gives its first batch as bytes: a cursor of the driver would make an object of every document. */
export async function findRaw(db: Db, find: Document): Promise<FoundSpan> {
  // With `raw` whatever lies within a reply comes as the bytes that it arrived in.
  const reply = await db.command(find, { raw: true });
  const cursor = reply['cursor'] as Uint8Array;
  let found: Omit<FoundSpan, 'isWhole'> = { bytes: Buffer.alloc(0), starts: [] };
  let isWhole = false;
  for (const element of bsonElements(Buffer.from(cursor.buffer, cursor.byteOffset, cursor.byteLength))) {
    if (element.name === 'firstBatch') found = { bytes: element.value, starts: startsOf(element.value) };
    else if (element.name === 'id') isWhole = element.value.every((byte) => byte === 0);
  }
  return { ...found, isWhole };
}

/** Where the documents of a BSON array begin. */
function startsOf(array: Buffer): number[] {
  const starts: number[] = [];
  const end = array.length - 1;
  for (let at = 4; at < end; ) {
    // Its type, and its position as text with a zero byte.
    while (array[at] !== 0) at++;
    at++;
    starts.push(at);
    at += array.readInt32LE(at);
  }
  return starts;
}

/** A document of a cursor with the option `raw`, which gives bytes where its types say objects. */
export function rawDocument(document: Document): Buffer {
  return Buffer.from(document as unknown as Uint8Array);
}

/** All connections of the pool were in use for the URI's `waitQueueTimeoutMS`. The driver does not export the class. */
export function isWaitQueueTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'MongoWaitQueueTimeoutError';
}
