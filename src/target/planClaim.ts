import { isSameSource, type SourceIdentity, showIdentity } from '../contract/identity.ts';
import {
  type CollectionClaim,
  type DropOrder,
  findOwner,
  isBefore,
  OWNERSHIP_VERSION,
  type Owner,
  type Ownership,
  ownerId,
  type SourcePosition,
  type Writer,
} from '../contract/ownership.ts';
import { MigrationError } from '../errors.ts';

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
  readonly migration: string;
  readonly run: string;
  /** `newest` as in {@link CollectionClaim}, null where nothing tells. */
  readonly collections: readonly {
    readonly name: string;
    readonly shardKey: string | null;
    readonly newest?: string | null;
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

/** A new state of ownership, and the token under which its collections are written to. */
export interface PlannedClaim {
  readonly next: Ownership;
  readonly token: string;
  /** Did the record name these revisions of the source before? */
  readonly wasMarked: boolean;
  /** Tokens of dead runs of this migration, which write nothing more. */
  readonly replaced: readonly string[];
}

/**
 * Decides a claim: pure, so that preflight and the claim itself say the same. `now` is ISO 8601, `makeToken` gives fresh
 * random texts. Throws `target-not-empty` for collections of another source or with other data, `target-in-use` for those
 * that another migration writes to.
 */
export function planClaim(
  request: ClaimRequest,
  ground: ClaimGround,
  now: string,
  makeToken: () => string,
): PlannedClaim {
  const before = findOwner(ground.ownership, request.identity, request.layout);
  const owner: Owner = {
    // Whoever was recorded without the oid of its schema keeps its id, and is told by that oid from now on.
    id: before?.id ?? ownerId(request.identity, request.layout),
    identity: request.identity.schemaOid === undefined && before !== undefined ? before.identity : request.identity,
    layout: request.layout,
    versions: request.versions,
    label: request.label,
  };
  const standing = new Map(ground.ownership?.collections.map((claim) => [claim.name, claim]));
  assertNotInUse(request, ground, standing);
  const known = claimsThatHold(ground);
  assertOurs(request, ground, known, owner);
  assertUnclaimedEmpty(request, ground, known);
  assertSure(request, ground, known, owner);
  assertNotBack(request, ground, known, before);
  const own = ground.writers.find(({ migration, run }) => migration === request.migration && run === request.run);
  const token = own?.token ?? makeToken();
  const claimed = request.collections.map(({ name, shardKey, newest = null }): CollectionClaim => {
    const claim = known.get(name);
    const isOurs = claim?.owner === owner.id;
    const holdsOthers = heldOthers(claim, request, ground, name);
    return {
      name,
      owner: owner.id,
      since: isOurs ? claim.since : now,
      heldOthers: !request.dropTarget && (request.isWrittenLater || holdsOthers),
      writer: token,
      shardKey: shardKey ?? (isOurs && !request.dropTarget ? claim.shardKey : null),
      ...(!request.dropTarget && hasStrangers(claim, holdsOthers) ? { strangers: true } : {}),
      ...idOf(request, ground, name, claim?.writer === token ? claim : undefined),
      ...(isToBeMade(request, ground, name, claim, isOurs) ? { toBeMade: true } : {}),
      ...newestOf(isOurs || request.adoptTarget ? claim : undefined, newest),
    };
  });
  const names = new Set(request.collections.map(({ name }) => name));
  const others = (ground.ownership?.collections ?? []).filter(({ name }) => !names.has(name));
  const collections = [...others, ...claimed].sort((a, b) => (a.name < b.name ? -1 : 1));
  // Whoever adopts an earlier state begins with it.
  const furthest =
    request.adoptTarget || request.dropTarget || isBefore(before?.reached, request.reached)
      ? request.reached
      : (before?.reached ?? request.reached);
  const owners = [
    ...(ground.ownership?.owners.filter(({ id }) => id !== owner.id) ?? []),
    { ...owner, label: before?.label ?? owner.label, ...(furthest == null ? {} : { reached: furthest }) },
  ].filter(({ id }) => collections.some((claim) => claim.owner === id));
  const replaced = [...names].flatMap((name) => {
    const writer = standing.get(name)?.writer ?? null;
    return writer === null || writer === token ? [] : [writer];
  });
  return {
    next: {
      version: OWNERSHIP_VERSION,
      target: ground.ownership?.target ?? makeToken(),
      owners: owners.sort((a, b) => (a.id < b.id ? -1 : 1)),
      collections,
      drop: dropOf(request, ground.ownership?.drop ?? null),
      throughput: ground.ownership?.throughput ?? null,
    },
    token,
    wasMarked: JSON.stringify(before?.versions) === JSON.stringify(request.versions),
    replaced: [...new Set(replaced)],
  };
}

/** An order of this run stays; that of another run is over, whatever came of it. */
function dropOf(request: ClaimRequest, before: DropOrder | null): DropOrder | null {
  return before?.run === request.run ? before : null;
}

/** May nothing be deleted from the collection, as it holds documents that no claim covers? */
function heldOthers(
  before: CollectionClaim | undefined,
  request: ClaimRequest,
  ground: ClaimGround,
  name: string,
): boolean {
  if (before !== undefined) return before.heldOthers;
  if (!ground.filled.has(name)) return false;
  return !(ground.isLegacy && request.adoptTarget && !ground.isLegacyShared);
}

/**
 * Claims by their collections, but for those where documents stand in another collection, or in one that the claim's run never
 * came to write to: whoever wrote them did not know of the claim.
 */
function claimsThatHold({ ownership, ids, filled }: ClaimGround): ReadonlyMap<string, CollectionClaim> {
  const isAnother = ({ name, uuid, toBeMade }: CollectionClaim) =>
    filled.has(name) && (toBeMade === true || (uuid !== undefined && ids.has(name) && ids.get(name) !== uuid));
  const held = (ownership?.collections ?? []).filter((claim) => !isAnother(claim));
  return new Map(held.map((claim) => [claim.name, claim]));
}

/** Are documents that it holds of unknown origin? What the layout's reader wrote later is not. */
function hasStrangers(before: CollectionClaim | undefined, holdsOthers: boolean): boolean {
  return before === undefined ? holdsOthers : before.strangers === true;
}

/** The id of a collection that stands there and is not to be emptied; what this run has noted itself stays. */
function idOf(
  request: ClaimRequest,
  { ids }: ClaimGround,
  name: string,
  own: CollectionClaim | undefined,
): Pick<CollectionClaim, 'uuid'> {
  const uuid = own?.uuid ?? (request.dropTarget ? undefined : ids.get(name));
  return uuid === undefined ? {} : { uuid };
}

/** Is none of what stands in the collection the owner's, until the run has made or emptied it? */
function isToBeMade(
  { dropTarget }: ClaimRequest,
  { filled }: ClaimGround,
  name: string,
  claim: CollectionClaim | undefined,
  isOurs: boolean,
): boolean {
  if (claim?.toBeMade === true) return true;
  if (dropTarget) return !isOurs || claim?.heldOthers === true;
  return claim === undefined && !filled.has(name);
}

function newestOf(claim: CollectionClaim | undefined, now: string | null): Pick<CollectionClaim, 'newest'> {
  const before = claim?.newest ?? null;
  const isLater = now !== null && (before === null || BigInt(now) > BigInt(before));
  const newest = isLater ? now : before;
  return newest === null ? {} : { newest };
}

function assertNotInUse(request: ClaimRequest, ground: ClaimGround, known: ReadonlyMap<string, CollectionClaim>): void {
  const tokens = new Set(request.collections.map(({ name }) => known.get(name)?.writer ?? null));
  const busy = ground.writers.find(
    ({ token, migration, run }) => tokens.has(token) && !(migration === request.migration && run === request.run),
  );
  if (busy === undefined) return;
  throw inUse(ground.display, busy, request.migration);
}

/** The refusal of collections that another migration, or another run of this one, writes to. */
export function inUse(display: string, { migration, heardAt }: Writer, ours: string): MigrationError {
  const who = migration === ours ? `another run named ${migration}` : `the migration ${migration}`;
  return new MigrationError(
    'target-in-use',
    `Into the target ${display} ${who} is writing; it was last heard of at ${heardAt}`,
    {
      hint:
        migration === ours
          ? 'Wait for it or cancel it; if its process is dead, start again in half a minute'
          : `Wait for it. If its process is dead, go on with it under its name (--resume --name ${migration}), or end it with mlflow-migrate cancel --name ${migration} and the same connections`,
    },
  );
}

function assertOurs(
  request: ClaimRequest,
  ground: ClaimGround,
  known: ReadonlyMap<string, CollectionClaim>,
  owner: Owner,
): void {
  if (request.adoptTarget || request.dropTarget) return;
  const foreign = request.collections.flatMap(({ name }) => {
    const claim = known.get(name);
    return claim === undefined || claim.owner === owner.id ? [] : [claim];
  });
  const [first] = foreign;
  if (first === undefined) return;
  const other = ground.ownership?.owners.find(({ id }) => id === first.owner);
  const whose =
    other === undefined ? 'another source' : `${other.label}: ${showIdentity(other.identity)}, layout ${other.layout}`;
  const names = foreign.filter((claim) => claim.owner === first.owner).map(({ name }) => name);
  if (other !== undefined && cannotTell(other, owner)) throw unsure(ground.display, names, other);
  if (other !== undefined && isSameSource(other.identity, owner.identity))
    throw otherLayout(ground.display, names, other, owner);
  throw new MigrationError(
    'target-not-empty',
    `The target ${ground.display} holds a migration of another source in ${listed(names)} (${whose}); this source is ${request.label}: ${showIdentity(request.identity)}, layout ${request.layout}`,
    {
      hint: 'Choose another target database. If it is the same data, moved to another server: --adopt-target. To empty these collections first: --drop-target',
    },
  );
}

/** The layouts' documents of one source do not fit each other: neither is brought over into what the other has filled. */
function otherLayout(display: string, names: readonly string[], other: Owner, ours: Owner): MigrationError {
  return new MigrationError(
    'target-not-empty',
    `The target ${display} holds a migration of this source in the layout ${other.layout} in ${listed(names)}; asked for is the layout ${ours.layout}`,
    {
      hint: `To go on with what is there: --layout ${other.layout}. To have both: another target database. To empty these collections first: --drop-target`,
    },
  );
}

/** Do they differ only in how the server was told apart, as a role could or could not ask it? */
function cannotTell(other: Owner, ours: Owner): boolean {
  const { system } = ours.identity;
  const isSameElse = isSameSource({ ...other.identity, system }, ours.identity) && other.layout === ours.layout;
  return other.identity.systemFrom !== ours.identity.systemFrom && isSameElse;
}

/** What is told apart by the catalog alone is not taken for its own: a copy of the database on another server looks the same. */
function assertSure(
  request: ClaimRequest,
  ground: ClaimGround,
  known: ReadonlyMap<string, CollectionClaim>,
  owner: Owner,
): void {
  if (request.identity.systemFrom === 'control-file') return;
  if (request.adoptTarget || request.dropTarget || request.isReadOnly) return;
  const isThisRun = ground.writers.some(({ migration, run }) => migration === request.migration && run === request.run);
  const names = request.collections.flatMap(({ name }) => (known.get(name)?.owner === owner.id ? [name] : []));
  if (names.length > 0 && !isThisRun) throw unsure(ground.display, names, owner);
}

/** A standby that lags, or a server that was set back to an earlier moment, would take away what came from the source since. */
function assertNotBack(
  request: ClaimRequest,
  ground: ClaimGround,
  known: ReadonlyMap<string, CollectionClaim>,
  owner: Owner | undefined,
): void {
  if (owner === undefined || request.adoptTarget || request.dropTarget || request.isReadOnly) return;
  if (!request.collections.some(({ name }) => known.get(name)?.owner === owner.id)) return;
  const { reached } = request;
  const before = owner.reached;
  if (!isBefore(reached, before)) return;
  const show = (of: SourcePosition | null | undefined) => `${of?.position}${of?.at == null ? '' : ` of ${of.at}`}`;
  throw new MigrationError(
    'target-not-empty',
    `The source ${request.label} is behind what was brought from it to ${ground.display}: it has got to ${show(reached)}, the target to ${show(before)}; migrating would undo what came between`,
    {
      hint: 'Name the primary, or wait until the standby has replayed that. If the source was set back on purpose, and the target is to follow: --adopt-target',
    },
  );
}

function unsure(display: string, names: readonly string[], { label }: Owner): MigrationError {
  return new MigrationError(
    'target-not-empty',
    `Whether the target ${display} was filled from this source cannot be told (${listed(names)}, filled from ${label}): a role may not call pg_control_system()`,
    {
      hint: 'GRANT EXECUTE ON FUNCTION pg_control_system() TO the role of the source URI; if it is the same source, --adopt-target',
    },
  );
}

/**
 * Does the claim take over what another source, or one that cannot be told from another, has brought? Then everything is
 * compared and counted before it is made.
 */
export function isTakingOver(request: ClaimRequest, ground: ClaimGround): boolean {
  if (!request.adoptTarget) return false;
  const id = findOwner(ground.ownership, request.identity, request.layout)?.id;
  const isSure = request.identity.systemFrom === 'control-file';
  const known = claimsThatHold(ground);
  return request.collections.some(({ name }) => {
    const owner = known.get(name)?.owner;
    return owner === undefined ? ground.isLegacy && ground.filled.has(name) : owner !== id || !isSure;
  });
}

function assertUnclaimedEmpty(
  request: ClaimRequest,
  ground: ClaimGround,
  known: ReadonlyMap<string, CollectionClaim>,
): void {
  if (request.allowExisting || request.dropTarget) return;
  const filled = request.collections.filter(({ name }) => ground.filled.has(name) && !known.has(name));
  if (filled.length === 0 || (ground.isLegacy && request.adoptTarget)) return;
  const names = listed(filled.map(({ name }) => name));
  if (ground.isLegacy) {
    throw new MigrationError(
      'target-not-empty',
      `The target ${ground.display} was filled by version 0.1.0, which did not record by which source (${names})`,
      {
        hint: 'If it was this source: --adopt-target. Otherwise choose another target database; --yes writes beside what is there and deletes nothing',
      },
    );
  }
  throw new MigrationError('target-not-empty', `The target ${ground.display} already holds other data in ${names}`);
}

function listed(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}
