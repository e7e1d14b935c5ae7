import { setTimeout as delay } from 'node:timers/promises';
import { MigrationError } from '../errors.ts';
import type { BlobHold, HoldingBlobStore } from '../storage/blobs.ts';
import { blobPaths } from '../work/blobPaths.ts';

/** Longer than the hold of a process that died lasts, shorter than clients wait. */
const WAIT_MS = 40_000;
const LOOK_AGAIN_MS = 100;

/**
 * Waits until no other start, in whichever process of the app, is under way, and holds the turn. Between looking whether a
 * name or a target is free and starting lies time: of two that look at once, both would find it free, clear each other's
 * blobs, and, at the Durable Task extension, both be told that they run.
 */
export async function takeStartTurn(blobs: HoldingBlobStore): Promise<BlobHold> {
  for (const end = Date.now() + WAIT_MS; ; await delay(LOOK_AGAIN_MS)) {
    const hold = await blobs.hold(blobPaths.startTurn());
    if (hold !== null) return hold;
    if (Date.now() > end) {
      throw new MigrationError(
        'storage-unavailable',
        `Other starts have been under way for ${WAIT_MS / 1000} seconds: nothing was started`,
        { hint: 'Start it again; look at the storage account if this happens again' },
      );
    }
  }
}
