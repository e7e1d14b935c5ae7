import type { KeptProof, ProvenState } from '../contract/proof.ts';
import type { ReleaseInput } from '../contract/steps/releaseTarget.ts';
import { VERSIONS } from '../contract/versions.ts';
import { MigrationError } from '../errors.ts';
import type { Services } from '../runtime/services.ts';
import { readTimeline } from '../source/timeline.ts';
import { type RunLeaves, releaseRun } from '../target/runClaims.ts';
import { untilAborted } from '../untilAborted.ts';
import { scopeOf } from './planning/earlierProof.ts';
import { carriedExperiments } from './shared/carriedExperiments.ts';
import { useSource, useTarget } from './shared/useEnds.ts';

/**
 * Ends a run's right to write: nothing of it that is delivered late changes the target any more. Its collections stay its
 * source's, with the proof from which the next run goes on where there is one.
 */
export async function releaseTarget(services: Services, input: ReleaseInput, signal: AbortSignal): Promise<void> {
  const { id, run, proven, limitMs } = input;
  const limit = limitMs === undefined ? undefined : AbortSignal.timeout(limitMs);
  // A source or a storage that is away must not keep the target claimed. What was said before stays, as true as it was.
  const unless = <T>(asking: Promise<T> | T): Promise<T | undefined> =>
    untilAborted(Promise.resolve(asking), halfOf(limitMs)).catch(() => undefined);
  const [proof, carried] = await Promise.all([
    unless(proven == null ? proven : proofOf(services, input, proven, signal)),
    unless(carriedBy(services, input)),
  ]);
  const leaves: RunLeaves = { proof, carried };
  const releasing = useTarget(services, input, (target) => releaseRun(target, id, run, leaves));
  try {
    await untilAborted(releasing, limit);
  } catch (error) {
    if (limitMs === undefined || limit?.aborted !== true) throw error;
    throw new MigrationError(
      'target-unreachable',
      `The target gave no answer within ${limitMs / 1000} s when the run gave its right to write back`,
      { hint: 'Nothing is lost: the right ends by itself, and the same name may go on with --resume', cause: error },
    );
  }
}

/** The source may take a part of the time alone, as the target is to be asked too. */
function halfOf(limitMs: number | undefined): AbortSignal | undefined {
  return limitMs === undefined ? undefined : AbortSignal.timeout(limitMs / 2);
}

/** What a run that was proven whole has carried, where that was a choice. */
async function carriedBy(services: Services, { id, planStamp, isWhole }: ReleaseInput): Promise<RunLeaves['carried']> {
  if (planStamp === undefined || isWhole !== true) return undefined;
  return carriedExperiments((await services.planned(id, planStamp)).plan);
}

/** The proof as it is kept; null where it could not be trusted later, as its collections hold other data too, or as nothing tells the source's history. */
async function proofOf(
  services: Services,
  input: ReleaseInput,
  proven: ProvenState,
  signal: AbortSignal,
): Promise<string | null> {
  const { id, request, planStamp } = input;
  if (planStamp === undefined) return null;
  const { plan } = await services.planned(id, planStamp);
  if (plan.identity.systemFrom !== 'control-file' || plan.shared.length > 0) return null;
  const source = await useSource(services, input, plan, signal, readTimeline);
  // What was read before the source failed over may never have got to where it is now.
  if (source === null || source.timeline !== plan.timeline) return null;
  const { fingerprint } = plan;
  const scope = scopeOf(request, plan.layout.experiments);
  const proof: KeptProof = { ...proven, version: VERSIONS.proof, scope, fingerprint, source, migration: id };
  return JSON.stringify(proof);
}
