import type { Db } from 'mongodb';
import type { ChargeMeter } from './chargeMeter.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import type { TargetTraits } from './targetTraits.ts';

/**
 * Sends a request; now and then, where the target charges request units, over the connection that tells the charge, which
 * is held against what `estimateOf` its answer says.
 */
export async function measureCharge<T>(
  { target, traits }: { readonly target: TargetDatabase; readonly traits: TargetTraits },
  meter: ChargeMeter,
  send: (db: Db) => Promise<T>,
  estimateOf: (answer: T) => number,
): Promise<T> {
  if (!traits.isCharged || !meter.takeSample()) return await send(target.db);
  let charge: number | null = null;
  let estimate = 0;
  try {
    const answer = await target.measured(send);
    charge = answer.charge;
    estimate = estimateOf(answer.result);
    return answer.result;
  } finally {
    meter.measured(charge, estimate);
  }
}
