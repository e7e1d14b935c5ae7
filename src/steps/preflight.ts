import { ARTIFACT_SURVEY } from '../contract/artifactSurvey.ts';
import { PREFLIGHT_FINDINGS, type PreflightInput, type PreflightResult } from '../contract/steps/preflight.ts';
import { FINDINGS } from '../contract/storedFindings.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { putRecord } from '../runtime/records.ts';
import type { Services } from '../runtime/services.ts';
import { nothing } from './preflight/found.ts';
import { lookAtSource } from './preflight/lookAtSource.ts';
import { lookAtTarget } from './preflight/lookAtTarget.ts';
import { surveySource } from './preflight/surveySource.ts';
import { isThroughputRaised } from './restoreThroughput.ts';

/** Looks at both ends before anything is moved and tells all problems at once, each with its cure. */
export async function preflight(
  services: Services,
  input: PreflightInput,
  signal: AbortSignal,
): Promise<PreflightResult> {
  const { id, request } = input;
  const [ofSource, ofRows, ofTarget] = [nothing(), nothing(), nothing()];
  // Whoever starts again after correcting a secret means what stands there now.
  services.connections.refresh();
  const source = await lookAtSource(services, request, ofSource, signal);
  signal.throwIfAborted();
  const isReadable = source !== null && ofSource.problems.length === 0;
  const [target, artifacts] = await Promise.all([
    lookAtTarget(services, input, source, ofTarget, signal),
    isReadable ? surveySource(services, request, source, ofRows, signal) : null,
  ]);
  signal.throwIfAborted();
  if (artifacts !== null) await putRecord(services.blobs, blobPaths.artifacts(id), ARTIFACT_SURVEY, artifacts);
  const looks = [ofSource, ofRows, ofTarget];
  const findings = looks.flatMap((found) => found.findings);
  await putRecord(services.blobs, blobPaths.finding(id, PREFLIGHT_FINDINGS), FINDINGS, { findings });
  return {
    problems: looks.flatMap(({ problems }) => problems),
    isThroughputRaised: isThroughputRaised(target.ownership, id),
    isOurs: target.isOurs,
    isTakingOver: target.isTakingOver,
  };
}
