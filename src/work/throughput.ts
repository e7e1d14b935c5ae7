import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import { getJson, putJson } from '../storage/blobs.ts';
import { listThroughput, setThroughput, type ThroughputSetting } from '../target/throughput.ts';
import { blobPaths } from './blobPaths.ts';
import { openEnds } from './unitRanges.ts';
import type { Workplace } from './workplace.ts';

/** What was set before a migration raised it. Kept until it is set back, also by a later migration of the same name. */
interface ThroughputRecord {
  /** Another target than this is none of its business. */
  readonly target: string;
  readonly before: readonly ThroughputSetting[];
}

/** Is throughput raised that an earlier migration of this name could not set back? */
export async function isThroughputRaised(workplace: Workplace, id: string): Promise<boolean> {
  return (await getJson<ThroughputRecord>(workplace.blobs, blobPaths.throughput(id))) !== null;
}

/**
 * Raises the target's throughput for the copy. What it was before is stored first, so that restoring needs nothing but
 * storage, whatever happens in between; a repeat keeps the first record.
 */
export async function raiseThroughput(
  workplace: Workplace,
  id: string,
  stamp: string,
  request: MigrationRequest,
  signal: AbortSignal,
): Promise<void> {
  const wanted = request.throughput;
  if (wanted === null) return;
  const { plan } = await workplace.planned(id, stamp);
  const { target, traits } = await openEnds(workplace, request, plan, signal);
  if (traits.flavour !== 'cosmos-ru') return;
  const record = await getJson<ThroughputRecord>(workplace.blobs, blobPaths.throughput(id));
  const known = record?.target === target.display ? record.before : null;
  const largestFirst = [...plan.collections].sort((a, b) => b.bytes - a.bytes).map(({ collection }) => collection);
  const before = known ?? (await listThroughput(target, largestFirst));
  if (known === null) await putRecord(workplace, id, { target: target.display, before });
  for (const setting of before) await setThroughput(target, { ...setting, value: wanted.during });
}

/** Sets the throughput back to what it was, or to what was asked for after the copy. */
export async function restoreThroughput(workplace: Workplace, id: string, request: MigrationRequest): Promise<void> {
  const record = await getJson<ThroughputRecord>(workplace.blobs, blobPaths.throughput(id));
  if (record === null) return;
  const target = await workplace.connections.target(request.destination);
  if (record.target !== target.display) return;
  for (const setting of record.before) {
    await setThroughput(target, { ...setting, value: request.throughput?.after ?? setting.value });
  }
  await workplace.blobs.clear(blobPaths.throughput(id));
}

async function putRecord(workplace: Workplace, id: string, record: ThroughputRecord): Promise<void> {
  await putJson(workplace.blobs, blobPaths.throughput(id), record);
}
