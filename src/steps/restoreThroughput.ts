import type { Ownership, ThroughputRecord } from '../contract/ownership.ts';
import type { RestoreInput } from '../contract/steps/restoreThroughput.ts';
import type { Services } from '../runtime/services.ts';
import { changeOwnership } from '../target/ownership.ts';
import type { TargetDatabase } from '../target/targetDatabase.ts';
import { setThroughput } from '../target/throughput.ts';
import { useTarget } from './shared/useEnds.ts';

/** Is throughput raised that an earlier run of this migration could not set back? The record stands in the target itself, whatever name leads there. */
export function isThroughputRaised(ownership: Ownership | null, id: string): boolean {
  return ownership?.throughput?.holders.some(({ migration }) => migration === id) === true;
}

/**
 * Sets the throughput back to what it was, or to what was asked for after the copy, once no run needs it any more. Delivered
 * twice it acts once: a run that is no holder has done its part.
 */
export async function restoreThroughput(services: Services, input: RestoreInput, signal: AbortSignal): Promise<void> {
  const { id, request } = input;
  await useTarget(services, input, async (target) => {
    // The last one stays a holder while it sets back: of two that leave at once one is the last, and a run that dies in
    // between is found by the next one of its name, and does it again.
    const left = await changeOwnership(target, (record) => (isLast(record, id) ? record : withoutHolder(record, id)));
    const record = left?.throughput ?? null;
    if (left === null || record === null || !isLast(left, id)) return;
    await setBack(target, record, request.throughput?.after ?? null, signal);
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

async function setBack(
  target: TargetDatabase,
  { before }: ThroughputRecord,
  after: number | null,
  signal: AbortSignal,
): Promise<void> {
  for (const setting of before) await setThroughput(target, { ...setting, value: after ?? setting.value }, signal);
}
