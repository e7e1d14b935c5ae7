import { setTimeout as delay } from 'node:timers/promises';
import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import { localHost } from '../config/localHost.ts';
import { ORCHESTRATORS } from '../contract/functionNames.ts';
import { MESSAGE_VERSION } from '../contract/messageVersion.ts';
import { type ConcludeInput, MigrateInput, type MigrateOutput, type MigrateStatus } from '../contract/migration.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { isUnknownRun } from '../runtime/isUnknownRun.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { causeOfEnd } from './causeOfEnd.ts';

/** No migration has such an id, as names hold no dot. */
function conclusionIdOf(id: string): string {
  return `${id}.end`;
}

const LOOK_AGAIN_MS = 250;

/** What was done about a migration that Durable ended: `open` while it is being done. */
type Conclusion = { readonly isOpen: boolean; readonly output: MigrateOutput | null };

const NONE: Conclusion = { isOpen: false, output: null };

/**
 * Does what the end of a migration does, for one that Durable itself has ended: throughput is set back, the right to write is
 * given back, what stands in the target is counted, and a report is written. Begun by whoever asks for such a migration first.
 * Where no report came of it, it is begun again by a word of the operator (`isAsked`) only. Gives what is known of it.
 */
export async function concludeRun(
  client: DurableClient,
  blobs: BlobStore,
  status: DurableOrchestrationStatus,
  { isAsked } = { isAsked: false },
): Promise<Conclusion> {
  const cause = causeOfEnd(status);
  // Whatever release wrote it; an end could not be brought about by what cannot be read.
  const { data: input } = MigrateInput.safeParse(status.input);
  // Of a way back nothing is left to do: what was not kept is undone.
  if (cause === null || input === undefined || input.request.direction === 'back') return NONE;
  const custom = status.customStatus as MigrateStatus | null;
  const startedAt = startOf(status);
  const known = await findConclusion(client, status.instanceId);
  // One of an earlier run of the name says nothing of this one.
  const own = known.output?.startedAt === startedAt ? known : NONE;
  if (known.isOpen) return known;
  if (own.output !== null && !isAsked) return own;
  if ((await blobs.get(blobPaths.report(status.instanceId, 'json'))) !== null) return own;
  // A host that only looks would leave the order to one that works, which has been told nothing of it.
  if (localHost() === 'looks') return NONE;
  const conclude: ConcludeInput = {
    version: MESSAGE_VERSION,
    id: status.instanceId,
    request: input.request,
    state: input.state,
    startedAt,
    endedIn: custom?.phase ?? 'preflight',
    endedAt: status.lastUpdatedTime.toISOString(),
    ...(custom?.events === undefined ? {} : { events: [...custom.events] }),
    problem: cause,
    isCancelled: cause.kind === 'interrupted',
  };
  try {
    await client.startNew(ORCHESTRATORS.conclude, { instanceId: conclusionIdOf(status.instanceId), input: conclude });
  } catch {
    // Whatever failed: somebody else has begun it meanwhile, or whoever asks next does, as nothing is kept of the failure.
  }
  return { isOpen: true, output: null };
}

/** What is known of the end of a migration that Durable itself has ended, without bringing it about. */
export async function concludedOutput(
  client: DurableClient,
  status: DurableOrchestrationStatus,
): Promise<MigrateOutput | null> {
  if (causeOfEnd(status) === null) return null;
  const { output } = await findConclusion(client, status.instanceId);
  return output?.startedAt === startOf(status) ? output : null;
}

/** Tells the runs of a name apart. */
function startOf({ customStatus, createdTime }: DurableOrchestrationStatus): string {
  return (customStatus as MigrateStatus | null)?.startedAt ?? createdTime.toISOString();
}

/** Waits for a conclusion that is under way, as its report would otherwise stand among the blobs of a later run. False where it takes longer. */
export async function untilConcluded(client: DurableClient, id: string, patienceMs: number): Promise<boolean> {
  for (
    const end = performance.now() + patienceMs;
    (await findConclusion(client, id)).isOpen;
    await delay(LOOK_AGAIN_MS)
  ) {
    if (performance.now() > end) return false;
  }
  return true;
}

async function findConclusion(client: DurableClient, id: string): Promise<Conclusion> {
  try {
    const { runtimeStatus, output } = await client.getStatus(conclusionIdOf(id));
    switch (String(runtimeStatus)) {
      case 'Completed':
        return { isOpen: false, output: output as MigrateOutput };
      case 'Pending':
      case 'Running':
      case 'ContinuedAsNew':
      case 'Suspended':
        return { isOpen: true, output: null };
      default:
        return NONE;
    }
  } catch (error) {
    if (isUnknownRun(error)) return NONE;
    throw error;
  }
}
