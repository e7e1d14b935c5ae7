import { isSameMap } from '../contract/artifactMap.ts';
import {
  type CollectionClaim,
  type DropOrder,
  findOwner,
  isBefore,
  type Owner,
  type Ownership,
  ownerId,
} from '../contract/ownership.ts';
import { broughtExperiments } from './broughtExperiments.ts';
import type { ClaimGround, ClaimRequest } from './claimGround.ts';
import {
  assertNotBack,
  assertNotFewer,
  assertNotInUse,
  assertOurs,
  assertSure,
  assertUnclaimedEmpty,
} from './claimRefusals.ts';

/** A new state of ownership, and the token under which its collections are written to. */
export interface PlannedClaim {
  readonly next: Ownership;
  readonly token: string;
  /** Did the record name these revisions of the source before? */
  readonly wasMarked: boolean;
  /** Tokens of dead runs of this migration, which write nothing more. */
  readonly replaced: readonly string[];
}

function isMapped<T extends Pick<Owner, 'artifacts'>>(of: T | undefined): of is T & Required<Pick<Owner, 'artifacts'>> {
  return (of?.artifacts ?? []).length > 0;
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
    ...(request.artifacts === undefined ? {} : { artifacts: request.artifacts }),
  };
  const standing = new Map(ground.ownership?.collections.map((claim) => [claim.name, claim]));
  assertNotInUse(request, ground, standing);
  const known = claimsThatHold(ground);
  assertOurs(request, ground, known, owner);
  assertUnclaimedEmpty(request, ground, known);
  assertSure(request, ground, known, owner);
  assertNotBack(request, ground, known, before);
  assertNotFewer(request, ground, known, before);
  const own = ground.writers.find(({ migration, run }) => migration === request.migration && run === request.run);
  const token = own?.token ?? makeToken();
  const claimed = request.collections.map(({ name, shardKey, newest = null, ids }): CollectionClaim => {
    const claim = known.get(name);
    const isOurs = claim?.owner === owner.id;
    const holdsOthers = heldOthers(claim, request, ground, name);
    // What stands there keeps its `_id`s: with others every document would be there twice.
    const idVersion = claim === undefined || request.dropTarget ? ids : claim.ids;
    return {
      name,
      owner: owner.id,
      since: isOurs ? claim.since : now,
      heldOthers: !request.dropTarget && (request.isWrittenLater || holdsOthers),
      writer: token,
      shardKey: shardKey ?? (isOurs && !request.dropTarget ? claim.shardKey : null),
      ...(!request.dropTarget && hasStrangers(claim, holdsOthers) ? { strangers: true } : {}),
      ...collectionIdOf(request, ground, name, claim?.writer === token ? claim : undefined),
      ...(isToBeMade(request, ground, name, claim, isOurs && claim.ids === idVersion) ? { toBeMade: true } : {}),
      ...newestBrought(isOurs || request.adoptTarget ? claim : undefined, newest),
      ...(idVersion === undefined ? {} : { ids: idVersion }),
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
    {
      ...owner,
      label: before?.label ?? owner.label,
      ...(furthest == null ? {} : { reached: furthest }),
      ...broughtExperiments(request, ground, known),
      // A run that has no map, and takes some collections only, leaves mapped locations in the others.
      ...(isMapped(before) && !isMapped(request) && others.some((claim) => claim.owner === owner.id)
        ? { artifacts: before.artifacts }
        : {}),
      // What is written from here on brings no document behind what was proven, unless its locations are mapped otherwise.
      ...(before?.proof === undefined ||
      request.dropTarget ||
      request.adoptTarget ||
      !isSameMap(before.artifacts, request.artifacts)
        ? {}
        : { proof: before.proof }),
    },
  ].filter(({ id }) => collections.some((claim) => claim.owner === id));
  const replaced = [...names].flatMap((name) => {
    const writer = standing.get(name)?.writer ?? null;
    return writer === null || writer === token ? [] : [writer];
  });
  return {
    next: {
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
function collectionIdOf(
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

function newestBrought(claim: CollectionClaim | undefined, now: string | null): Pick<CollectionClaim, 'newest'> {
  const before = claim?.newest ?? null;
  const isLater = now !== null && (before === null || BigInt(now) > BigInt(before));
  const newest = isLater ? now : before;
  return newest === null ? {} : { newest };
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
