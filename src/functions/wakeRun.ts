import { setTimeout as delay } from 'node:timers/promises';
import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import { localHost } from '../config/localHost.ts';
import { WORD_EVENT, type Word } from '../contract/operatorWord.ts';
import { readHeard } from '../runtime/storedWord.ts';
import type { BlobStore } from '../storage/blobStore.ts';

/** How long an answer waits for Durable to let go of a suspension of its own: shorter than clients wait. */
const PATIENCE_MS = 10_000;
const TRY_AGAIN_MS = 500;

/**
 * Wakes a migration that waits for a word, so that it hears sooner what is stored already. Throws nothing: what fails here the
 * next word does, and a migration that waits looks by itself.
 *
 * One that Durable itself holds suspended, as somebody used its API or an earlier version of this app, hears nothing until it is
 * resumed there. The extension does that in its own time, and refuses it while the suspension has not taken effect; so it is asked
 * again.
 */
export async function wakeRun(
  client: DurableClient,
  blobs: BlobStore,
  found: DurableOrchestrationStatus,
  word: Word,
  /** Milliseconds. */
  { patienceMs, tryAgainMs } = { patienceMs: PATIENCE_MS, tryAgainMs: TRY_AGAIN_MS },
): Promise<void> {
  // Nothing runs in a host that only looks: the word is found by the one that works.
  if (localHost() === 'looks') return;
  if (word !== 'suspend') await letGo(client, found, patienceMs, tryAgainMs);
  try {
    const heard = await readHeard(blobs, found.instanceId);
    if (heard?.waiter) await client.raiseEvent(heard.waiter, WORD_EVENT, word);
  } catch {
    // The event only saves the time to the next look.
  }
}

async function letGo(
  client: DurableClient,
  found: DurableOrchestrationStatus,
  patienceMs: number,
  tryAgainMs: number,
): Promise<void> {
  const { instanceId } = found;
  let { runtimeStatus } = found;
  for (const end = performance.now() + patienceMs; String(runtimeStatus) === 'Suspended' && performance.now() < end; ) {
    try {
      await client.resume(instanceId, 'resumed by the operator');
    } catch {
      // Refused with 500 where the extension has not got so far.
    }
    await delay(tryAgainMs);
    ({ runtimeStatus } = await client.getStatus(instanceId).catch(() => ({ runtimeStatus })));
  }
}
