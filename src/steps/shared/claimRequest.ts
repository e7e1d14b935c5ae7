import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { SourcePosition } from '../../contract/ownership.ts';
import type { SourceIdentity } from '../../contract/sourceIdentity.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import type { ClaimRequest } from '../../target/claimGround.ts';

/** What a run asks the target for. `label` is the source's `host:port/database`, for people; `run` tells runs of one migration apart. */
export function claimRequest(
  { id, run, request }: { readonly id: string; readonly run: string; readonly request: MigrationRequest },
  source: {
    readonly identity: SourceIdentity;
    readonly versions: readonly string[];
    readonly label: string;
    readonly reached: SourcePosition | null;
    readonly experiments: readonly string[] | null;
  },
  collections: readonly CollectionDefinition[],
): ClaimRequest {
  return {
    ...source,
    layout: request.layout,
    ...(request.artifacts.length === 0 ? {} : { artifacts: request.artifacts }),
    migration: id,
    run,
    collections: collections.map(({ collection, shardKey, idVersion }) => ({
      name: collection,
      shardKey: shardKey ?? null,
      ...(idVersion === undefined ? {} : { ids: idVersion }),
    })),
    isReadOnly: request.dryRun || request.validateOnly,
    allowExisting: request.allowExisting,
    adoptTarget: request.adoptTarget,
    isWrittenLater: false,
    mayLoseExperiments: request.allowDeletes !== null && !request.validateOnly,
    isComparison: request.validateOnly,
    dropTarget: request.dropTarget,
  };
}
