import type { ReleaseInput } from '../contract/steps/releaseTarget.ts';
import type { Services } from '../runtime/services.ts';
import { releaseRun } from '../target/runClaims.ts';

/** Ends a run's right to write: nothing of it that is delivered late changes the target any more. Its collections stay its source's. */
export async function releaseTarget(services: Services, { id, run, request }: ReleaseInput): Promise<void> {
  await services.connections.useTarget(request.destination, async (target) => {
    await target.traits();
    await releaseRun(target, id, run);
  });
}
