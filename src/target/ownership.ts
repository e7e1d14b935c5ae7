import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection, Document } from 'mongodb';
import type { SourceIdentity } from '../contract/identity.ts';
import {
  type CollectionClaim,
  findOwner,
  isBefore,
  OWNERSHIP_VERSION,
  type Ownership,
  type SourcePosition,
  type Writer,
} from '../contract/ownership.ts';
import { MigrationError } from '../errors.ts';
import type { TargetDatabase } from './client.ts';
import { CODE, errorCode, targetError } from './errors.ts';
import type { Newest } from './laterWrites.ts';
import { type ClaimGround, type ClaimRequest, inUse, type PlannedClaim, planClaim } from './planClaim.ts';
import { standingCollections } from './standing.ts';

/** Collection of a target that says whose its other collections are, and which revision the source had (tables-layout.md). */
export const MARKER_COLLECTION = '_migration';
/** The one document of the record: the source's revision, as it was in 0.1.0, and whose the collections are. */
const OWNERSHIP_ID = 'alembic_version';
/** Begins the `_id` of the document by which a writer is heard of. */
const WRITER_PREFIX = 'writer ';
/** A writer that was not heard of for so long counts as dead: six times what lies between two signs of life. */
export const DEAD_AFTER_MS = 30_000;
const LOOK_AGAIN_MS = 1_000;
/** Several that claim at once try again in turn: each loses to one that has got through. */
const MAX_SWAPS = 50;

type MarkerDocument = Document & { _id: string };

function markers(target: TargetDatabase): Collection<MarkerDocument> {
  return target.db.collection<MarkerDocument>(MARKER_COLLECTION);
}

/**
 * Whose the target's collections are, null where nothing was claimed yet. Throws `target-not-empty` where a newer version of
 * this program wrote it, or where it cannot be read: nothing may be taken for free then.
 */
export async function readOwnership(target: TargetDatabase): Promise<Ownership | null> {
  const found = await askTarget(target, () => markers(target).findOne({ _id: OWNERSHIP_ID }));
  return found === null || isLegacy(found) ? null : parseOwnership(found, target.display);
}

/** That version wrote where the source was, and no version of its record. */
function isLegacy(found: Document): boolean {
  return !('version' in found) && 'source' in found;
}

function parseOwnership(found: Document, display: string): Ownership {
  const version: unknown = found['version'];
  if (typeof version === 'number' && version > OWNERSHIP_VERSION) {
    throw new MigrationError(
      'target-not-empty',
      `The target ${display} was claimed by a newer version of this program (ownership record ${version}; this one knows ${OWNERSHIP_VERSION})`,
      { hint: 'Use that version, or choose another target database' },
    );
  }
  const { target, owners, collections } = found;
  const isWhole =
    version === OWNERSHIP_VERSION &&
    typeof target === 'string' &&
    isListOf(owners, ['id', 'layout', 'label']) &&
    owners.every(({ identity }) => typeof identity === 'object' && identity !== null) &&
    isListOf(collections, ['name', 'owner']);
  if (!isWhole) {
    throw new MigrationError(
      'target-not-empty',
      `The record of the target ${display} that says whose its collections are cannot be read (${MARKER_COLLECTION}, _id ${OWNERSHIP_ID})`,
      { hint: 'Choose another target database, or look who changed that document' },
    );
  }
  return {
    version: OWNERSHIP_VERSION,
    target,
    owners: owners as unknown as Ownership['owners'],
    collections: (collections as unknown as Partial<Ownership['collections'][number]>[]).map((claim) => ({
      name: String(claim.name),
      owner: String(claim.owner),
      since: String(claim.since ?? ''),
      // What is not known to be so is taken for shared, from which nothing is deleted.
      heldOthers: claim.heldOthers !== false,
      writer: claim.writer ?? null,
      shardKey: claim.shardKey ?? null,
      // Only where they are there: the digest is of the content as it stands.
      ...(claim.strangers === true ? { strangers: claim.strangers } : {}),
      ...(typeof claim.uuid === 'string' ? { uuid: claim.uuid } : {}),
      ...(claim.toBeMade === true ? { toBeMade: claim.toBeMade } : {}),
      ...(typeof claim.newest === 'string' ? { newest: claim.newest } : {}),
    })),
    drop: (found['drop'] as Ownership['drop'] | undefined) ?? null,
    throughput: (found['throughput'] as Ownership['throughput'] | undefined) ?? null,
  };
}

function isListOf(value: unknown, textFields: readonly string[]): value is Record<string, unknown>[] {
  return (
    Array.isArray(value) &&
    value.every((item: unknown) =>
      textFields.every((field) => typeof (item as Record<string, unknown> | null)?.[field] === 'string'),
    )
  );
}

/** Does the target hold the marker of 0.1.0, which did not record whose it is, and did that version write beside other data? */
async function readLegacy(target: TargetDatabase): Promise<{ isLegacy: boolean; isShared: boolean }> {
  const found = await askTarget(target, () => markers(target).findOne({ _id: OWNERSHIP_ID }));
  const isOld = found !== null && isLegacy(found);
  return { isLegacy: isOld, isShared: isOld && found['shared'] === true };
}

/** The writers with these tokens, as they were last heard of. */
async function readWriters(target: TargetDatabase, tokens: readonly string[]): Promise<Writer[]> {
  if (tokens.length === 0) return [];
  const ids = tokens.map((token) => `${WRITER_PREFIX}${token}`);
  const found = await askTarget(target, () =>
    markers(target)
      .find({ _id: { $in: ids } })
      .toArray(),
  );
  return found.map((document) => ({
    token: document._id.slice(WRITER_PREFIX.length),
    migration: String(document['migration']),
    run: String(document['run']),
    heardAt: instantOf(document['heardAt']),
  }));
}

function instantOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : new Date(0).toISOString();
}

/** Milliseconds since a writer was last heard of, by the server's clock: two machines' clocks may differ. */
async function silenceOf(target: TargetDatabase, writer: Writer): Promise<number> {
  const hello = await askTarget(target, () => target.db.command({ hello: 1 }));
  const now = new Date((hello['localTime'] as Date | number | undefined) ?? Date.now()).getTime();
  return now - Date.parse(writer.heardAt);
}

/**
 * Looks what stands in the target for a claim. Writers that are dead are left out where they are of the migration that
 * asks: its name takes them over. One that might be dead is watched until it is heard of again, or not for
 * {@link DEAD_AFTER_MS}.
 */
export async function lookAtGround(
  target: TargetDatabase,
  request: Pick<ClaimRequest, 'migration' | 'run' | 'collections'>,
  signal: AbortSignal,
): Promise<ClaimGround> {
  const names = request.collections.map(({ name }) => name);
  const ownership = await readOwnership(target);
  const legacy = await readLegacy(target);
  const standing = await standingCollections(target, names);
  const ids = new Map(standing.flatMap(({ name, uuid }) => (uuid === null ? [] : [[name, uuid] as const])));
  const claims = new Map(ownership?.collections.map((claim) => [claim.name, claim]));
  // What is claimed says itself whether it held others' documents, unless another collection stands in its place.
  const isUnknown = (name: string) => {
    const claim = claims.get(name);
    if (claim === undefined || claim.toBeMade === true) return true;
    return claim.uuid !== undefined && ids.get(name) !== claim.uuid;
  };
  const filled = await filledOf(
    target,
    standing.flatMap(({ name }) => (isUnknown(name) ? [name] : [])),
  );
  const tokens = new Set(
    (ownership?.collections ?? []).flatMap(({ name, writer }) =>
      writer !== null && names.includes(name) ? [writer] : [],
    ),
  );
  const writers: Writer[] = [];
  for (const writer of await readWriters(target, [...tokens])) {
    const isOurs = writer.migration === request.migration;
    if (isOurs && writer.run !== request.run && (await isDead(target, writer, signal))) continue;
    writers.push(writer);
  }
  return {
    display: target.display,
    ownership,
    isLegacy: legacy.isLegacy,
    isLegacyShared: legacy.isShared,
    filled: new Set(filled),
    ids,
    writers,
  };
}

async function isDead(target: TargetDatabase, writer: Writer, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    if ((await silenceOf(target, writer)) > DEAD_AFTER_MS) return true;
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
    const [now] = await readWriters(target, [writer.token]);
    if (now === undefined) return true;
    if (now.heardAt !== writer.heardAt) return false;
  }
}

/** A claim that was made. */
export interface Claim {
  readonly token: string;
  /** Id of the target, as the claim found or made it. */
  readonly target: string;
  readonly ownership: Ownership;
  /** Did the record name these revisions of the source before? */
  readonly wasMarked: boolean;
}

/**
 * Claims collections by one conditional write: of two that come at once one loses, and is told who won. The same run again
 * gets the token that it has. Dead runs of the migration write nothing more from before the claim on. Throws what
 * {@link planClaim} throws.
 */
export async function claimCollections(
  target: TargetDatabase,
  request: ClaimRequest,
  now: string,
  signal: AbortSignal,
): Promise<Claim> {
  for (let tries = 0; tries < MAX_SWAPS; tries++) {
    signal.throwIfAborted();
    const ground = await lookAtGround(target, request, signal);
    const planned = planClaim(request, ground, now, randomUUID);
    await fenceOff(target, planned, ground, request.migration);
    await putWriter(target, planned.token, request);
    if (await swap(target, ground.ownership, planned.next)) {
      const { token, next, wasMarked } = planned;
      return { token, target: next.target, ownership: next, wasMarked };
    }
    if (!ground.writers.some(({ token }) => token === planned.token)) await removeWriter(target, planned.token);
  }
  throw new MigrationError(
    'target-unreachable',
    `The collections of ${target.display} could not be claimed: others did so at once`,
  );
}

/** Ends the right to write of runs that are replaced: where one of them has been heard of meanwhile, it is not dead. */
async function fenceOff(
  target: TargetDatabase,
  { replaced }: PlannedClaim,
  ground: ClaimGround,
  migration: string,
): Promise<void> {
  for (const writer of await readWriters(target, replaced)) {
    const { token } = writer;
    if (ground.writers.some((known) => known.token === token)) continue;
    const deleted = await askTarget(target, () =>
      markers(target).deleteOne({ _id: `${WRITER_PREFIX}${token}`, heardAt: new Date(writer.heardAt) }),
    );
    if (deleted.deletedCount === 0) {
      const [alive] = await readWriters(target, [token]);
      if (alive !== undefined) throw inUse(target.display, alive, migration);
    }
  }
}

async function putWriter(
  target: TargetDatabase,
  token: string,
  { migration, run }: Pick<ClaimRequest, 'migration' | 'run'>,
): Promise<void> {
  await askTarget(target, () =>
    markers(target).updateOne(
      { _id: `${WRITER_PREFIX}${token}` },
      { $set: { migration, run }, $currentDate: { heardAt: true }, $max: { step: 0 } },
      { upsert: true },
    ),
  );
}

async function removeWriter(target: TargetDatabase, token: string): Promise<void> {
  await askTarget(target, () => markers(target).deleteOne({ _id: `${WRITER_PREFIX}${token}` }));
}

/**
 * Says that the writer lives, and tells whether it still may write: false once another run has taken its place, the
 * migration has ended, or this is another target. With a `step` false too where a later step has begun.
 */
export async function hearWriter(target: TargetDatabase, token: string, step: number | null): Promise<boolean> {
  const filter = { _id: `${WRITER_PREFIX}${token}`, ...(step === null ? {} : { step: { $lte: step } }) };
  const found = await markers(target).updateOne(filter, {
    $currentDate: { heardAt: true },
    ...(step === null ? {} : { $max: { step } }),
  });
  return found.matchedCount > 0;
}

/** Who writes to the collections now, for telling a writer that was taken over; null where nobody does. */
export async function currentWriter(target: TargetDatabase, names: readonly string[]): Promise<Writer | null> {
  const ownership = await readOwnership(target);
  const tokens = (ownership?.collections ?? []).flatMap(({ name, writer }) =>
    writer !== null && names.includes(name) ? [writer] : [],
  );
  const [writer] = await readWriters(target, [...new Set(tokens)]);
  return writer ?? null;
}

/** Ends the right to write of a run of a migration; its collections stay owned. May be called any number of times. */
export async function releaseRun(target: TargetDatabase, migration: string, run: string): Promise<void> {
  const own = await askTarget(target, () =>
    markers(target)
      .find({ _id: { $regex: `^${WRITER_PREFIX}` }, migration, run })
      .toArray(),
  );
  for (const { _id } of own) {
    const token = _id.slice(WRITER_PREFIX.length);
    const claims = (await readOwnership(target))?.collections.filter(({ writer }) => writer === token) ?? [];
    const standing = await standingCollections(
      target,
      claims.map(({ name }) => name),
    );
    const ids = new Map(standing.map(({ name, uuid }) => [name, uuid]));
    await changeOwnership(target, (ownership) => ({
      ...ownership,
      drop: ownership.drop?.run === run ? null : ownership.drop,
      collections: ownership.collections.map((claim) =>
        claim.writer === token ? released(claim, ids.get(claim.name) ?? null) : claim,
      ),
    }));
    await removeWriter(target, token);
  }
}

/** A claim that nobody writes under. Where its run has noted no id, it is of the collection that stands there. */
function released(claim: CollectionClaim, uuid: string | null): CollectionClaim {
  return { ...(claim.toBeMade === true ? claim : withId(claim, uuid)), writer: null };
}

function withId(claim: CollectionClaim, uuid: string | null): CollectionClaim {
  return claim.uuid === undefined && uuid !== null ? { ...claim, uuid } : claim;
}

/**
 * Notes which collections a run's claims are of, once all of them stand there and before anything is written to one: the
 * server's ids by name, none where it has no ids. Done again it notes the same. Throws `target-not-empty` where somebody has
 * filled one meanwhile.
 */
export async function noteMade(target: TargetDatabase, token: string): Promise<Readonly<Record<string, string>>> {
  const isOwn = ({ writer }: CollectionClaim) => writer === token;
  const claims = (await readOwnership(target))?.collections.filter(isOwn) ?? [];
  const standing = await standingCollections(
    target,
    claims.map(({ name }) => name),
  );
  const ids = new Map(standing.map(({ name, uuid }) => [name, uuid]));
  const made = claims.flatMap(({ name, toBeMade }) => (toBeMade === true && ids.has(name) ? [name] : []));
  const filled = await filledOf(target, made);
  if (filled.length > 0) {
    throw new MigrationError(
      'target-not-empty',
      `The target ${target.display} came to hold other data in ${filled.join(', ')} while this run made its collections`,
    );
  }
  const noted = await changeOwnership(target, (ownership) => ({
    ...ownership,
    collections: ownership.collections.map((claim) => {
      if (!isOwn(claim)) return claim;
      const { toBeMade: _toBeMade, ...rest } = claim;
      return withId(rest, ids.get(claim.name) ?? null);
    }),
  }));
  const own = noted?.collections.filter(isOwn) ?? [];
  return Object.fromEntries(own.flatMap(({ name, uuid }) => (uuid === undefined ? [] : [[name, uuid]])));
}

/** Keeps up to when the source has made what this run brings, and how far it has got; writes nothing where that is known. */
export async function rememberBrought(
  target: TargetDatabase,
  token: string,
  { newest, reached }: { readonly newest: readonly Newest[]; readonly reached: SourcePosition | null },
): Promise<void> {
  const made = new Map(newest.map(({ collection, value }) => [collection, value]));
  const isBehind = ({ name, writer, newest: before }: CollectionClaim) => {
    const now = made.get(name);
    return writer === token && now !== undefined && (before === undefined || BigInt(before) < now);
  };
  await changeOwnership(target, (ownership) => {
    const own = ownership.collections.find(({ writer }) => writer === token)?.owner;
    return {
      ...ownership,
      owners: ownership.owners.map((owner) =>
        owner.id === own && reached !== null && (owner.reached === undefined || isBefore(owner.reached, reached))
          ? { ...owner, reached }
          : owner,
      ),
      collections: ownership.collections.map((claim) =>
        isBehind(claim) ? { ...claim, newest: String(made.get(claim.name)) } : claim,
      ),
    };
  });
}

/** Changes the record of ownership by a conditional write, again where others were faster; one that changes nothing is not made. Null where nothing is claimed. */
export async function changeOwnership(
  target: TargetDatabase,
  change: (ownership: Ownership) => Ownership,
): Promise<Ownership | null> {
  for (let tries = 0; tries < MAX_SWAPS; tries++) {
    const before = await readOwnership(target);
    if (before === null) return null;
    const next = change(before);
    if (await swap(target, before, next)) return next;
  }
  throw new MigrationError(
    'target-unreachable',
    `The ownership record of ${target.display} is changed by others all the time`,
  );
}

/** Puts `next` in place of `before`, if that still stands there. The same content has the same document, bit for bit. */
async function swap(target: TargetDatabase, before: Ownership | null, next: Ownership): Promise<boolean> {
  const [first] = next.owners;
  const document = {
    version_num: first?.versions[0] ?? null,
    version_nums: first?.versions ?? [],
    layout: first?.layout ?? null,
    ...plain(next),
    digest: digestOf(next),
  };
  if (before === null) {
    try {
      // In place of nothing, or of what 0.1.0 wrote; where somebody else was faster, its `_id` is taken.
      const filter = { _id: OWNERSHIP_ID, version: { $exists: false } };
      await markers(target).replaceOne(filter, document, { upsert: true });
      return true;
    } catch (error) {
      if (errorCode(error) === CODE.duplicateKey) return false;
      throw targetError(error, target.display);
    }
  }
  const digest = digestOf(before);
  if (digest === document.digest) return true;
  const found = await askTarget(target, () => markers(target).replaceOne({ _id: OWNERSHIP_ID, digest }, document));
  return found.matchedCount > 0;
}

/** Without fields that are null, so that what is not used leaves no trace, and in one order, as the digest is of the text. */
function plain(ownership: Ownership): Document {
  const { version, target, owners, collections, drop, throughput } = ownership;
  return {
    version,
    target,
    owners,
    collections: collections.map(({ name, owner, since, heldOthers, writer, shardKey, ...rest }) => ({
      ...{ name, owner, since, heldOthers, writer, shardKey },
      ...(rest.strangers === undefined ? {} : { strangers: rest.strangers }),
      ...(rest.uuid === undefined ? {} : { uuid: rest.uuid }),
      ...(rest.toBeMade === undefined ? {} : { toBeMade: rest.toBeMade }),
      ...(rest.newest === undefined ? {} : { newest: rest.newest }),
    })),
    ...(drop === null ? {} : { drop }),
    ...(throughput === null ? {} : { throughput }),
  };
}

function digestOf(ownership: Ownership): string {
  return createHash('sha256')
    .update(JSON.stringify(plain(ownership)))
    .digest('hex');
}

/** The source's revision as the target holds it for a source in a layout, null where there is none. */
export async function readRevision(
  target: TargetDatabase,
  identity: SourceIdentity,
  layout: string,
): Promise<readonly string[] | null> {
  return findOwner(await readOwnership(target), identity, layout)?.versions ?? null;
}

/** Collections that a source in a layout has claimed, hold documents, and are none of `names`. */
export async function otherFilledCollections(
  target: TargetDatabase,
  identity: SourceIdentity,
  layout: string,
  names: ReadonlySet<string>,
): Promise<string[]> {
  const ownership = await readOwnership(target);
  const owner = findOwner(ownership, identity, layout)?.id;
  const others = (ownership?.collections ?? []).filter((claim) => claim.owner === owner && !names.has(claim.name));
  return others.length === 0
    ? []
    : await filledCollections(
        target,
        others.map(({ name }) => name),
      );
}

/** Those of the collections that hold a document. */
async function filledCollections(target: TargetDatabase, names: readonly string[]): Promise<string[]> {
  return await filledOf(
    target,
    (await standingCollections(target, names)).map(({ name }) => name),
  );
}

/** Those of the standing collections that hold a document. */
async function filledOf(target: TargetDatabase, names: readonly string[]): Promise<string[]> {
  return await askTarget(target, async () => {
    const filled: string[] = [];
    for (const name of names) {
      if ((await target.db.collection(name).findOne({}, { projection: { _id: 1 } })) !== null) filled.push(name);
    }
    return filled;
  });
}

async function askTarget<T>(target: TargetDatabase, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw targetError(error, target.display);
  }
}
