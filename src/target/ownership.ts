import { createHash } from 'node:crypto';
import type { Collection, Document } from 'mongodb';
import {
  findOwner,
  isKnownOwnership,
  OWNERSHIP_VERSION,
  type Ownership,
  ownershipVersion,
} from '../contract/ownership.ts';
import type { SourceIdentity } from '../contract/sourceIdentity.ts';
import { MigrationError } from '../errors.ts';
import { CODE, serverErrorCode } from './failureKind.ts';
import { filledCollections } from './standingCollections.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { askTarget, targetError } from './targetError.ts';

/** Collection of a target that says whose its other collections are, and which revision the source had (tables-layout.md). */
export const MARKER_COLLECTION = '_migration';
/** The one document of the record: the source's revision, as it was in 0.1.0, and whose the collections are. */
const OWNERSHIP_ID = 'alembic_version';
/** Several that claim at once try again in turn: each loses to one that has got through. */
export const MAX_SWAPS = 50;

type MarkerDocument = Document & { _id: string };

/** The documents by which a target says whose it is, and who writes to it. */
export function markers(target: TargetDatabase): Collection<MarkerDocument> {
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

/** Version 0.1.0 wrote where the source was, and no version of its record. */
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
    isKnownOwnership(version) &&
    typeof target === 'string' &&
    isListOf(owners, ['id', 'layout', 'label']) &&
    owners.every(({ identity }) => typeof identity === 'object' && identity !== null) &&
    isListOf(collections, ['name', 'owner']);
  if (!isWhole) {
    throw new MigrationError(
      'target-not-empty',
      `The record of who owns the collections of the target ${display} cannot be read (${MARKER_COLLECTION}, _id ${OWNERSHIP_ID})`,
      { hint: 'Choose another target database, or find out who changed that document' },
    );
  }
  return {
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
      ...(claim.ids === 2 ? { ids: claim.ids } : {}),
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
export async function readLegacy(target: TargetDatabase): Promise<{ isLegacy: boolean; isShared: boolean }> {
  const found = await askTarget(target, () => markers(target).findOne({ _id: OWNERSHIP_ID }));
  const isOld = found !== null && isLegacy(found);
  return { isLegacy: isOld, isShared: isOld && found['shared'] === true };
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
    `The ownership record of ${target.display} keeps being changed by others`,
  );
}

/** Puts `next` in place of `before`, if that still stands there. The same content has the same document, bit for bit. */
export async function swap(target: TargetDatabase, before: Ownership | null, next: Ownership): Promise<boolean> {
  const [first] = next.owners;
  const document = {
    version_num: first?.versions[0] ?? null,
    version_nums: first?.versions ?? [],
    layout: first?.layout ?? null,
    ...storedForm(next),
    digest: digestOf(next),
  };
  if (before === null) {
    try {
      // In place of nothing, or of what 0.1.0 wrote; where somebody else was faster, its `_id` is taken.
      const filter = { _id: OWNERSHIP_ID, version: { $exists: false } };
      await markers(target).replaceOne(filter, document, { upsert: true });
      return true;
    } catch (error) {
      if (serverErrorCode(error) === CODE.duplicateKey) return false;
      throw targetError(error, target.display);
    }
  }
  const digest = digestOf(before);
  if (digest === document.digest) return true;
  const found = await askTarget(target, () => markers(target).replaceOne({ _id: OWNERSHIP_ID, digest }, document));
  return found.matchedCount > 0;
}

/** Without fields that are null, so that what is not used leaves no trace, and in one order, as the digest is of the text. */
function storedForm(ownership: Ownership): Document {
  const { target, owners, collections, drop, throughput } = ownership;
  return {
    version: ownershipVersion(ownership),
    target,
    owners,
    collections: collections.map(({ name, owner, since, heldOthers, writer, shardKey, ...rest }) => ({
      ...{ name, owner, since, heldOthers, writer, shardKey },
      ...(rest.strangers === undefined ? {} : { strangers: rest.strangers }),
      ...(rest.uuid === undefined ? {} : { uuid: rest.uuid }),
      ...(rest.toBeMade === undefined ? {} : { toBeMade: rest.toBeMade }),
      ...(rest.newest === undefined ? {} : { newest: rest.newest }),
      ...(rest.ids === undefined ? {} : { ids: rest.ids }),
    })),
    ...(drop === null ? {} : { drop }),
    ...(throughput === null ? {} : { throughput }),
  };
}

function digestOf(ownership: Ownership): string {
  return createHash('sha256')
    .update(JSON.stringify(storedForm(ownership)))
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
