import { ARTIFACT_SURVEY } from '../contract/artifactSurvey.ts';
import { PREFLIGHT_FINDINGS, type PreflightInput, type PreflightResult } from '../contract/steps/preflight.ts';
import { FINDINGS } from '../contract/storedFindings.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { putRecord } from '../runtime/records.ts';
import type { Services } from '../runtime/services.ts';
import { nothing } from './preflight/found.ts';
import { lookAtSource } from './preflight/lookAtSource.ts';
import { lookAtTarget } from './preflight/lookAtTarget.ts';
import { isThroughputRaised } from './restoreThroughput.ts';
/** Looks at both ends before anything is moved and tells all problems at once, each with its cure. */
export async function preflight(
  services: Services,
  input: PreflightInput,
  signal: AbortSignal,
): Promise<PreflightResult> {
  const { id, request } = input;
  const found = nothing();
  // Whoever starts again after correcting a secret means what stands there now.
  services.connections.refresh();
  const source = await lookAtSource(services, request, found, signal);
  signal.throwIfAborted();
  const target = await lookAtTarget(services, input, source, found, signal);
  signal.throwIfAborted();
  const artifacts = source?.artifacts ?? null;
  if (artifacts !== null) await putRecord(services.blobs, blobPaths.artifacts(id), ARTIFACT_SURVEY, artifacts);
  const { findings } = found;
  await putRecord(services.blobs, blobPaths.finding(id, PREFLIGHT_FINDINGS), FINDINGS, { findings });
  return {
    problems: found.problems,
    isThroughputRaised: isThroughputRaised(target.ownership, id),
    isOurs: target.isOurs,
    isTakingOver: target.isTakingOver,
  };
}
