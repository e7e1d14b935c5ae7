import type { ArtifactMapping } from '../contract/artifactMap.ts';
import type { Ownership, SourcePosition, Writer } from '../contract/ownership.ts';
import type { SourceIdentity } from '../contract/sourceIdentity.ts';

/** What a migration asks for. */
export interface ClaimRequest {
  readonly identity: SourceIdentity;
  readonly layout: string;
  /** Revisions of the source's schema. */
  readonly versions: readonly string[];
  /** `host:port/database` of the source, for people. */
  readonly label: string;
  /** How far the source has got; null or absent where it does not say. */
  readonly reached?: SourcePosition | null;
  /** Ids of the experiments that alone are brought, null or absent for all. */
  readonly experiments?: readonly string[] | null;
  /** May documents of experiments go that were brought before and are not among these? They are counted before any of them does. */
  readonly mayLoseExperiments?: boolean;
  /** Does it compare, and delete nothing whatever may go? */
  readonly isComparison?: boolean;
  /** The map of artifact locations; absent where there is none. */
  readonly artifacts?: readonly ArtifactMapping[];
  readonly migration: string;
  readonly run: string;
  /** `newest` as in `CollectionClaim` (src/contract/ownership.ts), null where nothing tells. */
  readonly collections: readonly {
    readonly name: string;
    readonly shardKey: string | null;
    readonly newest?: string | null;
    /** Version of the `_id`s that it would get, as in `CollectionClaim`. */
    readonly ids?: 2;
  }[];
  /** Does it only look? Then it need not be sure whose the collections are, where nothing contradicts. */
  readonly isReadOnly: boolean;
  /** May it write beside other data, where no migration owns that? */
  readonly allowExisting: boolean;
  /** Does the operator say that what another source or version brought is the same data? */
  readonly adoptTarget: boolean;
  /** Has the layout's reader written to them since, and is that to stay? Then nothing may be deleted from any of them. */
  readonly isWrittenLater: boolean;
  /** Are the collections emptied first? */
  readonly dropTarget: boolean;
}

/** What stands in the target when a claim is planned. */
export interface ClaimGround {
  /** `host:port/database` of the target, for people. */
  readonly display: string;
  readonly ownership: Ownership | null;
  /** Was the target filled by 0.1.0, which did not record whose it is? */
  readonly isLegacy: boolean;
  /** Did that version write beside other data? */
  readonly isLegacyShared: boolean;
  /** Collections that hold a document, of those that no claim covers. */
  readonly filled: ReadonlySet<string>;
  /** The server's ids of the collections that are there, where it says any. */
  readonly ids: ReadonlyMap<string, string>;
  /** Writers of the claimed collections that are alive, or might be. */
  readonly writers: readonly Writer[];
}
