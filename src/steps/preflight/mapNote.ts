import { type ArtifactMapping, isSameMap } from '../../contract/artifactMap.ts';
import type { Finding } from '../../contract/migrationReport.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { Owner } from '../../contract/ownership.ts';

/** That the run has another map of artifact locations than the one that filled the target: forgotten, it would undo that map. Null where both are the same, or nothing was brought before. */
export function mapNote(
  { artifacts, validateOnly, dropTarget }: Pick<MigrationRequest, 'artifacts' | 'validateOnly' | 'dropTarget'>,
  owner: Pick<Owner, 'artifacts'> | undefined,
): Finding | null {
  const before = owner?.artifacts ?? [];
  if (owner === undefined || dropTarget || isSameMap(before, artifacts)) return null;
  const outcome = validateOnly
    ? 'the locations that the two map otherwise differ'
    : 'all rows are compared, and the locations that the two map otherwise are written anew';
  return {
    severity: 'note',
    check: 'schema',
    table: 'the target',
    message: `The target was last written with ${named(before)}, and this run has ${artifacts.length === 0 ? 'none' : named(artifacts)}: ${outcome}`,
  };
}

function named(mappings: readonly ArtifactMapping[]): string {
  if (mappings.length === 0) return 'no map of artifact locations';
  return `the map of artifact locations ${mappings.map(({ from, to }) => `${from}=${to}`).join(', ')}`;
}
