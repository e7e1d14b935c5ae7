import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import { localHost } from '../config/localHost.ts';
import { readWord } from '../runtime/storedWord.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { isAskedToGoOn } from './runState.ts';

/**
 * Lifts a suspension of Durable's own that a word has overtaken: it takes effect some time after it was asked for, so that it
 * may come to a migration that was cancelled or resumed before, which would then never hear of it. Called by whoever looks
 * at a migration; what the extension refuses now is done by the next one. Throws only where storage does not answer.
 */
export async function liftSuspension(
  client: DurableClient,
  blobs: BlobStore,
  found: DurableOrchestrationStatus,
): Promise<void> {
  if (String(found.runtimeStatus) !== 'Suspended' || localHost() === 'looks') return;
  if (!isAskedToGoOn(await readWord(blobs, found.instanceId), found.lastUpdatedTime)) return;
  try {
    await client.resume(found.instanceId, 'resumed by a word that was given before');
  } catch {
    // Refused with 500 where the extension has not got so far, or somebody else was first.
  }
}
