import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import { getJson, putJson } from '../storage/blobs.ts';
import { listThroughput, setThroughput, type ThroughputSetting } from '../target/throughput.ts';
import { blobPaths } from './blobPaths.ts';
import { openEnds } from './unitRanges.ts';
import type { Workplace } from './workplace.ts';

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
  const known = await getJson<ThroughputSetting[]>(workplace.blobs, blobPaths.throughput(id));
  const largestFirst = [...plan.collections].sort((a, b) => b.bytes - a.bytes).map(({ collection }) => collection);
  const before = known ?? (await listThroughput(target, largestFirst));
  if (known === null) await putJson(workplace.blobs, blobPaths.throughput(id), before);
  for (const setting of before) await setThroughput(target, { ...setting, value: wanted.during });
}

/** Sets the throughput back to what it was, or to what was asked for after the copy. */
export async function restoreThroughput(workplace: Workplace, id: string, request: MigrationRequest): Promise<void> {
  const before = await getJson<ThroughputSetting[]>(workplace.blobs, blobPaths.throughput(id));
  if (before === null) return;
  const target = await workplace.connections.target(request.destination);
  for (const setting of before) {
    await setThroughput(target, { ...setting, value: request.throughput?.after ?? setting.value });
  }
}
