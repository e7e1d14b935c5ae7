import type { ArtifactSurvey } from '../../contract/artifactSurvey.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import { toProblem } from '../../errors.ts';
import type { Services } from '../../runtime/services.ts';
import type { Found } from './found.ts';
import type { SourceLook } from './lookAtSource.ts';
import { surveyArtifacts, unmetNotes } from './surveyArtifacts.ts';
import { surveyRows } from './surveyRows.ts';

/** Notes what the source's rows are, and what the map of artifact locations meets in them, which is null without a map. What keeps it from being asked goes into `found`. Throws the signal's reason. */
export async function surveySource(
  services: Services,
  request: MigrationRequest,
  { schema, layout }: SourceLook,
  found: Found,
  signal: AbortSignal,
): Promise<ArtifactSurvey | null> {
  try {
    return await services.connections.useSource(request.source, async (source) => {
      const notes = await surveyRows(source, schema, layout, request, signal);
      const artifacts = await surveyArtifacts(source, schema, layout, request.artifacts, signal);
      found.findings.push(...notes, ...(artifacts === null ? [] : unmetNotes(artifacts)));
      return artifacts;
    });
  } catch (error) {
    signal.throwIfAborted();
    found.problems.push(toProblem(error));
    return null;
  }
}
