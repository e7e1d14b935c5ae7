import { AzureBlobStore, type BlobAccount } from './azureBlobStore.ts';
import type { HoldingBlobStore } from './blobStore.ts';
import { FileBlobStore } from './fileBlobStore.ts';

/** The store of the app's settings: an account, or a directory of this machine. Touches neither before the first use. */
export function openBlobStore(storage: BlobAccount | { readonly directory: string } | null): HoldingBlobStore {
  return storage !== null && 'directory' in storage
    ? new FileBlobStore(storage.directory)
    : new AzureBlobStore(storage);
}
