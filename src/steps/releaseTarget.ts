import type { ReleaseInput } from '../contract/steps/releaseTarget.ts';
import type { Workplace } from '../runtime/workplace.ts';
import { releaseRun } from '../target/runClaims.ts';

/** Ends a run's right to write: nothing of it that is delivered late changes the target any more. Its collections stay its source's. */
export async function releaseTarget(workplace: Workplace, { id, run, request }: ReleaseInput): Promise<void> {
  await workplace.connections.useTarget(request.destination, async (target) => {
    await target.traits();
    await releaseRun(target, id, run);
  });
}
