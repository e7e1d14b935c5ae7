import { fromStored, type StoredRecord, toStored } from '../contract/storedRecord.ts';
import { type BlobStore, getJson, putJson } from '../storage/blobStore.ts';
import { ifReadable } from './ifReadable.ts';

/** Reads a record of a migration, null where there is none. Throws what {@link fromStored} throws. */
export async function getRecord<T>(blobs: BlobStore, path: string, record: StoredRecord<T>): Promise<T | null> {
  const stored = await getJson<unknown>(blobs, path);
  return stored === null ? null : fromStored(record, stored);
}

/**
 * Reads a record that only informs: null also where another release wrote it or it was cut short, as a status or a report
 * must not fail by what it would have said besides. Throws what storage throws.
 */
export async function getIfReadable<T>(blobs: BlobStore, path: string, record: StoredRecord<T>): Promise<T | null> {
  const read = await ifReadable(getRecord(blobs, path, record));
  return read instanceof Error ? null : read;
}

/** Stores a record with its version. */
export async function putRecord<T extends object>(
  blobs: BlobStore,
  path: string,
  record: StoredRecord<T>,
  value: T,
): Promise<void> {
  await putJson(blobs, path, toStored(record, value));
}
