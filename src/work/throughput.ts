import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import type { Ownership, ThroughputRecord } from '../contract/ownership.ts';
import type { TargetDatabase } from '../target/client.ts';
import { changeOwnership, readOwnership } from '../target/ownership.ts';
import { listThroughput, setThroughput } from '../target/throughput.ts';
import { openEnds } from './unitRanges.ts';
import type { Workplace } from './workplace.ts';

/** Is throughput raised that an earlier run of this migration could not set back? The record stands in the target itself, whatever name leads there. */
export function isThroughputRaised(ownership: Ownership | null, id: string): boolean {
  return ownership?.throughput?.holders.some(({ migration }) => migration === id) === true;
}

export interface RaiseInput {
  readonly id: string;
  readonly plan: string;
  readonly run: string;
  readonly request: MigrationRequest;
  readonly writer: string;
}

/**
 * Raises the target's throughput for the copy. What it was before is recorded in the target first; where another migration
 * has raised it already, that one's record stays, and this run is added to those that still need it.
 */
export async function raiseThroughput(workplace: Workplace, input: RaiseInput, signal: AbortSignal): Promise<void> {
  const wanted = input.request.throughput;
  if (wanted === null) return;
  const { plan } = await workplace.planned(input.id, input.plan);
  const { target, traits, lease } = await openEnds(workplace, input, plan, signal);
  if (traits.flavour !== 'cosmos-ru') return;
  const largestFirst = [...plan.collections].sort((a, b) => b.bytes - a.bytes).map(({ collection }) => collection);
  const standing = await listThroughput(target, largestFirst);
  const holder = { migration: input.id, run: input.run };
  const ownership = await changeOwnership(target, (before) => {
    // An earlier run of the same name that died holds nothing any more; what it found before is still what was there.
    const others = (before.throughput?.holders ?? []).filter(({ migration }) => migration !== holder.migration);
    return {
      ...before,
      throughput: { holders: [...others, holder], before: before.throughput?.before ?? standing },
    };
  });
  await lease?.check();
  for (const setting of ownership?.throughput?.before ?? []) {
    await setThroughput(target, { ...setting, value: wanted.during });
  }
}

/**
 * Sets the throughput back to what it was, or to what was asked for after the copy, once no run needs it any more. Delivered
 * twice it acts once: a run that is no holder has done its part.
 */
export async function restoreThroughput(
  workplace: Workplace,
  { id, request }: { readonly id: string; readonly request: MigrationRequest },
): Promise<void> {
  const target = await workplace.connections.target(request.destination);
  await target.traits();
  const record = (await readOwnership(target))?.throughput ?? null;
  if (record?.holders.some(({ migration }) => migration === id) !== true) return;
  if (record.holders.every(({ migration }) => migration === id)) {
    // Still a holder while it acts: a run that dies in between is found by the next one of its name, and does it again.
    await setBack(target, record, request.throughput?.after ?? null);
  }
  await changeOwnership(target, (before) => {
    const holders = (before.throughput?.holders ?? []).filter(({ migration }) => migration !== id);
    return {
      ...before,
      throughput: holders.length === 0 || before.throughput === null ? null : { ...before.throughput, holders },
    };
  });
}

async function setBack(target: TargetDatabase, { before }: ThroughputRecord, after: number | null): Promise<void> {
  for (const setting of before) await setThroughput(target, { ...setting, value: after ?? setting.value });
}
