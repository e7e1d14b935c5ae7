import { setTimeout as delay } from 'node:timers/promises';
import { MigrationError } from '../errors.ts';
import type { BlobHold, HoldingBlobStore } from '../storage/blobStore.ts';

/** Longer than the hold of a process that died lasts, shorter than clients wait. */
const WAIT_MS = 40_000;
const LOOK_AGAIN_MS = 100;

/**
 * Waits until no other request of this kind (a start, an operator's word), in whichever process of the app, is under way, and
 * holds the turn. Between looking and acting lies time: of two starts that look at once, both would find their name free,
 * clear each other's blobs, and, at the Durable Task extension, both be told that they run.
 */
export async function takeTurn(blobs: HoldingBlobStore, path: string): Promise<BlobHold> {
  for (const end = performance.now() + WAIT_MS; ; await delay(LOOK_AGAIN_MS)) {
    const hold = await blobs.hold(path);
    if (hold !== null) return hold;
    if (performance.now() > end) {
      throw new MigrationError(
        'storage-unavailable',
        `Other requests of this kind have been under way for ${WAIT_MS / 1000} seconds: nothing was done`,
        { hint: 'Send it again; look at the storage account if this happens again' },
      );
    }
  }
}
