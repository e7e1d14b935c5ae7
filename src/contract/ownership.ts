import type { ArtifactMapping } from './artifactMap.ts';
import { identityKey, isSameSource, type SourceIdentity } from './sourceIdentity.ts';
import { VERSIONS } from './versions.ts';

/** Greatest version of {@link Ownership} in a target. What 0.1.0 left has no version, and does not say whose it is. */
export const OWNERSHIP_VERSION = VERSIONS.ownership;
/** The version of a record of which no claim says anything that version 3 has brought. */
const PLAIN_OWNERSHIP_VERSION = 2;

/** How far a source had got: a later state of the same source is further. */
export interface SourcePosition {
  /** In its write-ahead log, such as `0/3000148`. */
  readonly position: string;
  /** ISO 8601, null where a standby cannot say. */
  readonly at: string | null;
}

/** A source in one layout, as far as it owns collections of a target. */
export interface Owner {
  /** {@link ownerId} of identity and layout, as they were at the first claim. */
  readonly id: string;
  readonly identity: SourceIdentity;
  readonly layout: string;
  /** Revisions of the source's schema (`alembic_version`) when it was claimed last. */
  readonly versions: readonly string[];
  /** `host:port/database` at the first claim: for people, decides nothing. */
  readonly label: string;
  /** The map of artifact locations that its documents were written with last; absent where they are as in the source. */
  readonly artifacts?: readonly ArtifactMapping[];
  /** The furthest state that was brought from it: an earlier one would undo what came since. Absent where the source does not say. */
  readonly reached?: SourcePosition;
  /** Ids of the experiments that were brought so far, in ascending order; absent for all. */
  readonly experiments?: readonly string[];
  /** JSON of the `KeptProof` that the last whole run has left; a text, so that the record stays the same whatever names tables have. Absent where there is none. */
  readonly proof?: string;
}

/** A collection that a source has claimed. */
export interface CollectionClaim {
  readonly name: string;
  /** Id of the {@link Owner}. */
  readonly owner: string;
  /** ISO 8601. */
  readonly since: string;
  /** Did it hold other documents when it was claimed? Then nothing is ever deleted from it. */
  readonly heldOthers: boolean;
  /** Token of the migration that writes to it now, null between migrations. */
  readonly writer: string | null;
  /** Field by which the migration sharded it, null where it did not. */
  readonly shardKey: string | null;
  /** Were those documents not known to be this layout's? Then one that differs in its fields is not replaced either. Absent means no. */
  readonly strangers?: true;
  /** The server's id of the collection that the owner fills: another one is another collection. Absent where the server has none, or the collection is still to be made. */
  readonly uuid?: string;
  /** Is it still to be made, or emptied, by the run that claimed it? What it holds meanwhile is somebody else's. Absent once that is done. */
  readonly toBeMade?: true;
  /** The source's greatest value of the field that tells when a document was made, as an integer in text: so far its own ones may reach. Absent where nothing tells. */
  readonly newest?: string;
  /** Version of the rule by which the `_id`s of its documents follow from rows; absent is the first one. */
  readonly ids?: 2;
}

/** Collections that a run with `--drop-target` is to empty: exactly those that stood there when it began. */
export interface DropOrder {
  /** The run that ordered it: another delivery of the same step finds its own order. */
  readonly run: string;
  readonly isDone: boolean;
  /** Name and server's id of each collection; an id of null where the server does not say. */
  readonly collections: readonly { readonly name: string; readonly uuid: string | null }[];
}

/** Throughput before it was raised, and the runs that still need it raised. The last of them sets it back. */
export interface ThroughputRecord {
  readonly holders: readonly { readonly migration: string; readonly run: string }[];
  readonly before: readonly {
    readonly collection: string | null;
    readonly kind: 'manual' | 'autoscale';
    /** RU/s, for autoscale the maximum. */
    readonly value: number;
  }[];
}

/** Whose the collections of a target database are: one document, changed by comparing and swapping only. */
export interface Ownership {
  /** Made at the first claim: tells this target from another behind the same address. */
  readonly target: string;
  readonly owners: readonly Owner[];
  readonly collections: readonly CollectionClaim[];
  readonly drop: DropOrder | null;
  readonly throughput: ThroughputRecord | null;
}

/** A migration that has claimed collections and writes to them, or did when it was last heard of. */
export interface Writer {
  readonly token: string;
  readonly migration: string;
  /** When its run began (ISO 8601): another run of the same migration has another. */
  readonly run: string;
  /** Server's time, ISO 8601. */
  readonly heardAt: string;
}

/** The version that a record is stored as: the lowest that says all of it, so that releases which know no more can read it. */
export function ownershipVersion({ collections }: Pick<Ownership, 'collections'>): number {
  return collections.some(({ ids }) => ids !== undefined) ? OWNERSHIP_VERSION : PLAIN_OWNERSHIP_VERSION;
}

/** Can this release read a record of that version? */
export function isKnownOwnership(version: unknown): boolean {
  return version === OWNERSHIP_VERSION || version === PLAIN_OWNERSHIP_VERSION;
}

/** Is one state of a source before another? Those of which one is not known are not. */
export function isBefore(one: SourcePosition | null | undefined, other: SourcePosition | null | undefined): boolean {
  return one != null && other != null && offsetOf(one) < offsetOf(other);
}

/** `X/Y`, two hexadecimal halves of 64 bits: https://www.postgresql.org/docs/current/datatype-pg-lsn.html. */
function offsetOf({ position }: SourcePosition): bigint {
  const [high, low] = position.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** The owner that this source in this layout is in the record, by whatever id. */
export function findOwner(ownership: Ownership | null, identity: SourceIdentity, layout: string): Owner | undefined {
  return ownership?.owners.find((owner) => owner.layout === layout && isSameSource(owner.identity, identity));
}

/** Id of a source in a layout for a record that does not know it yet: see {@link findOwner}. */
export function ownerId(identity: SourceIdentity, layout: string): string {
  return JSON.stringify([identityKey(identity), layout]);
}
