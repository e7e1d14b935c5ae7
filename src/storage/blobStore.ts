/** What is left standing, and a last look before anything goes. */
export interface ClearOptions {
  /** Paths that stay. */
  readonly except?: readonly string[];
  /** Runs after looking and before deleting: what it throws leaves all as it is, and what is written from then on stays. */
  readonly check?: () => Promise<void>;
}

/** Small JSON and text documents that activities share: plans, progress, findings, reports. */
export interface BlobStore {
  put(path: string, content: string, contentType: string): Promise<void>;
  /** Adds text to the end of an append blob, which is made at first. */
  append(path: string, content: string): Promise<void>;
  /** Content, or null where there is no such blob. */
  get(path: string): Promise<string | null>;
  /** Paths that begin with the prefix. */
  list(prefix: string): Promise<string[]>;
  /** Deletes everything below the prefix. */
  clear(prefix: string, options?: ClearOptions): Promise<void>;
}

/** A blob that one process at a time holds. What its holder does not renew for 15 seconds is free again: it may have died. */
export interface BlobHold {
  /** Holds on for another 15 seconds. Throws MigrationError('storage-unavailable') where it was lost meanwhile. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/** A store whose blobs can be held: what is done in turn, by whichever process, is done under a hold. */
export interface HoldingBlobStore extends BlobStore {
  /** Null while another one holds the blob, which is made at first. */
  hold(path: string): Promise<BlobHold | null>;
}

/** Reads a JSON blob, null where there is none. */
export async function getJson<T>(store: BlobStore, path: string): Promise<T | null> {
  const text = await store.get(path);
  return text === null ? null : (JSON.parse(text) as T);
}

/** Replaces what stands there; of two writers the later one wins. */
export async function putJson(store: BlobStore, path: string, value: unknown): Promise<void> {
  await store.put(path, JSON.stringify(value), 'application/json');
}
