import { fromStored, type StoredRecord, toStored } from '../contract/storedRecord.ts';
import { type BlobStore, getJson, putJson } from '../storage/blobs.ts';

/** Reads a record of a migration, null where there is none. Throws what {@link fromStored} throws. */
export async function getRecord<T>(blobs: BlobStore, path: string, record: StoredRecord<T>): Promise<T | null> {
  const stored = await getJson<unknown>(blobs, path);
  return stored === null ? null : fromStored(record, stored);
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
