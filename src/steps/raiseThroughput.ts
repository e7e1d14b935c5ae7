import type { ThroughputRecord } from '../contract/ownership.ts';
import type { RaiseInput } from '../contract/steps/raiseThroughput.ts';
import type { Services } from '../runtime/services.ts';
import { changeOwnership, readOwnership } from '../target/ownership.ts';
import type { TargetDatabase } from '../target/targetDatabase.ts';
import { listThroughput, setThroughput, type ThroughputSetting } from '../target/throughput.ts';
import { useEnds } from './shared/useEnds.ts';

/**
 * Raises the target's throughput for the copy. What it was before is recorded in the target first; where another migration
 * has raised it already, that one's record stays, and this run is added to those that still need it.
 */
export async function raiseThroughput(services: Services, input: RaiseInput, signal: AbortSignal): Promise<void> {
  const wanted = input.request.throughput;
  if (wanted === null) return;
  const { plan } = await services.planned(input.id, input.planStamp);
  return await useEnds(services, input, plan, signal, async ({ target, traits, lease }) => {
    if (!traits.isCharged) return;
    const largestFirst = [...plan.collections].sort((a, b) => b.bytes - a.bytes).map(({ collection }) => collection);
    const list = () => listThroughput(target, largestFirst, signal);
    const before = await joinHolders(target, { migration: input.id, run: input.run }, list, signal);
    await lease?.check();
    for (const setting of before) await setThroughput(target, { ...setting, value: wanted.during }, signal);
  });
}

type ThroughputHolder = ThroughputRecord['holders'][number];

/**
 * Adds a run to those that need the raised throughput; what there was before any of them raised it. Looks again where the last
 * of the others left in between.
 */
async function joinHolders(
  target: TargetDatabase,
  holder: ThroughputHolder,
  list: () => Promise<ThroughputSetting[]>,
  signal: AbortSignal,
): Promise<readonly ThroughputSetting[]> {
  for (;;) {
    signal.throwIfAborted();
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
