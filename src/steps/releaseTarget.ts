import type { MigrationRequest } from '../contract/migrationRequest.ts';
import type { Workplace } from '../runtime/workplace.ts';
import { releaseRun } from '../target/ownership.ts';

/** Ends a run's right to write: nothing of it that is delivered late changes the target any more. Its collections stay its source's. */
export async function releaseTarget(
  workplace: Workplace,
  { id, run, request }: { readonly id: string; readonly run: string; readonly request: MigrationRequest },
): Promise<void> {
  const target = await workplace.connections.target(request.destination);
  await target.traits();
  await releaseRun(target, id, run);
}
