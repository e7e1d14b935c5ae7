import type { Ownership, ThroughputRecord } from '../contract/ownership.ts';
import type { RaiseInput, RestoreInput } from '../contract/steps/throughput.ts';
import type { Services } from '../runtime/services.ts';
import { changeOwnership, readOwnership } from '../target/ownership.ts';
import type { TargetDatabase } from '../target/targetDatabase.ts';
import { listThroughput, setThroughput, type ThroughputSetting } from '../target/throughput.ts';
import { useEnds } from './useEnds.ts';

/** Is throughput raised that an earlier run of this migration could not set back? The record stands in the target itself, whatever name leads there. */
export function isThroughputRaised(ownership: Ownership | null, id: string): boolean {
  return ownership?.throughput?.holders.some(({ migration }) => migration === id) === true;
}

/**
 * Raises the target's throughput for the copy. What it was before is recorded in the target first; where another migration
 * has raised it already, that one's record stays, and this run is added to those that still need it.
 */
export async function raiseThroughput(services: Services, input: RaiseInput, signal: AbortSignal): Promise<void> {
  const wanted = input.request.throughput;
  if (wanted === null) return;
  const { plan } = await services.planned(input.id, input.plan);
  return await useEnds(services, input, plan, signal, async ({ target, traits, lease }) => {
    if (!traits.isCharged) return;
    const largestFirst = [...plan.collections].sort((a, b) => b.bytes - a.bytes).map(({ collection }) => collection);
    const before = await joinHolders(target, { migration: input.id, run: input.run }, () =>
      listThroughput(target, largestFirst),
    );
    await lease?.check();
    for (const setting of before) await setThroughput(target, { ...setting, value: wanted.during });
  });
}

type ThroughputHolder = ThroughputRecord['holders'][number];

/** Adds a run to those that need the raised throughput; what there was before any of them raised it. */
async function joinHolders(
  target: TargetDatabase,
  holder: ThroughputHolder,
  list: () => Promise<ThroughputSetting[]>,
): Promise<readonly ThroughputSetting[]> {
  for (;;) {
    // What stands while somebody holds it is the raised value: asked for only where nobody does.
    const isHeld = ((await readOwnership(target))?.throughput ?? null) !== null;
    const standing = isHeld ? null : await list();
    const ownership = await changeOwnership(target, (record) => {
      const found = record.throughput?.before ?? standing;
      if (found === null) return record;
      // An earlier run of the same name that died holds nothing any more; what it found before is still what was there.
      const others = (record.throughput?.holders ?? []).filter(({ migration }) => migration !== holder.migration);
      return { ...record, throughput: { holders: [...others, holder], before: found } };
    });
    if (ownership === null) return [];
    if (ownership.throughput !== null) return ownership.throughput.before;
  }
}

/**
 * Sets the throughput back to what it was, or to what was asked for after the copy, once no run needs it any more. Delivered
 * twice it acts once: a run that is no holder has done its part.
 */
export async function restoreThroughput(services: Services, { id, request }: RestoreInput): Promise<void> {
  await services.connections.useTarget(request.destination, async (target) => {
    await target.traits();
    // The last one stays a holder while it sets back: of two that leave at once one is the last, and a run that dies in
    // between is found by the next one of its name, and does it again.
    const left = await changeOwnership(target, (record) => (isLast(record, id) ? record : withoutHolder(record, id)));
    const record = left?.throughput ?? null;
    if (left === null || record === null || !isLast(left, id)) return;
    await setBack(target, record, request.throughput?.after ?? null);
    await changeOwnership(target, (now) => withoutHolder(now, id));
  });
}

function isLast({ throughput }: Ownership, id: string): boolean {
  return throughput?.holders.every(({ migration }) => migration === id) === true;
}

function withoutHolder(record: Ownership, id: string): Ownership {
  if (record.throughput === null) return record;
  const holders = record.throughput.holders.filter(({ migration }) => migration !== id);
  return { ...record, throughput: holders.length === 0 ? null : { ...record.throughput, holders } };
}

async function setBack(target: TargetDatabase, { before }: ThroughputRecord, after: number | null): Promise<void> {
  for (const setting of before) await setThroughput(target, { ...setting, value: after ?? setting.value });
}
