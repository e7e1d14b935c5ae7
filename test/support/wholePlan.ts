import type { MakePlanInput, PlanResult } from '../../src/contract/steps/makePlan.ts';
import type { Services } from '../../src/runtime/services.ts';
import { makePlan } from '../../src/steps/makePlan.ts';

const NEVER = new AbortController().signal;

/** Plans as a migration does: as many steps as it takes. */
export async function wholePlan(
  services: Services,
  { now = new Date().toISOString(), ...input }: Omit<MakePlanInput, 'now'> & { readonly now?: string },
): Promise<PlanResult & { readonly steps: number }> {
  for (let steps = 1; ; steps++) {
    const result = await makePlan(services, { ...input, now }, NEVER);
    if (!('isLeft' in result)) return { ...result, steps };
  }
}
