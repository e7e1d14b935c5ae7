import type { Document } from 'mongodb';
import { MigrationError } from '../errors.ts';
import { listNames } from '../listNames.ts';
import { CODE, failureKind, serverErrorCode } from './failureKind.ts';
import { MARKER_COLLECTION } from './ownership.ts';
import { serverRefusal } from './serverRefusal.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import type { TargetTraits } from './targetTraits.ts';

/** What a run does to the collections of the target. */
export interface NeededRights {
  readonly collections: readonly string[];
  readonly isReadOnly: boolean;
  readonly isComparison: boolean;
  readonly dropsTarget: boolean;
}

/** By the server's names of actions: https://www.mongodb.com/docs/manual/reference/privilege-actions/. `insert` makes collections, too. */
const WRITING = ['insert', 'update', 'remove'];

/** A document of this id is written and removed beside the records of migrations. */
const PROBE_ID = 'mlflow-migrate write probe';
/** No collection of a layout begins so. */
const NO_COLLECTION = `${MARKER_COLLECTION}_probe`;

interface Privilege {
  readonly resource: { readonly db?: string; readonly collection?: string; readonly anyResource?: boolean };
  readonly actions: readonly string[];
}

/**
 * Throws `target-refused` with every right that the run needs and the user has not, before the run makes anything. A MongoDB says
 * itself what its users may do. What a server does not say is tried beside the records of migrations; writing there always is.
 */
export async function assertRights(target: TargetDatabase, traits: TargetTraits, needed: NeededRights): Promise<void> {
  const privileges = await privilegesOf(target, traits);
  if (privileges !== null) assertPrivileges(target, privileges, needed);
  if (!needed.isReadOnly) await tryActions(target, traits, privileges === null ? needed : null);
}

/** What the logged-in user may do; null where the server has no access control, or does not say. */
async function privilegesOf(
  { db, limits }: TargetDatabase,
  { flavour }: TargetTraits,
): Promise<readonly Privilege[] | null> {
  if (flavour !== 'mongodb') return null;
  let answer: Document;
  try {
    answer = await limits.within((signal) => db.command({ connectionStatus: 1, showPrivileges: true }, { signal }));
  } catch (error) {
    if (failureKind(error) !== 'permanent') throw error;
    return null;
  }
  const info = answer['authInfo'] as Document | undefined;
  const users = info?.['authenticatedUsers'] as readonly unknown[] | undefined;
  const privileges = info?.['authenticatedUserPrivileges'] as readonly Privilege[] | undefined;
  return users === undefined || users.length === 0 ? null : (privileges ?? null);
}

function assertPrivileges(
  { db, display }: TargetDatabase,
  privileges: readonly Privilege[],
  { collections, isReadOnly, isComparison, dropsTarget }: NeededRights,
): void {
  const ofMarker = ['find', ...(isReadOnly ? [] : WRITING)];
  const ofLayout = [
    ...ofMarker,
    ...(isReadOnly ? [] : ['createIndex']),
    // Indexes are compared at the end; a dry run only counts.
    ...(isReadOnly && !isComparison ? [] : ['listIndexes']),
    ...(dropsTarget && !isReadOnly ? ['dropCollection'] : []),
  ];
  const missing = [...new Set([...ofLayout, 'listCollections'])].flatMap((action) => {
    // Listing them is a right on the database.
    const beside = ofMarker.includes(action) ? [MARKER_COLLECTION] : [];
    const where = action === 'listCollections' ? [''] : [...collections, ...beside];
    const lacking = where.filter((name) => !isGranted(privileges, db.databaseName, name, action));
    if (lacking.length === 0) return [];
    return [lacking.length === where.length ? action : `${action} (on ${listNames(lacking)})`];
  });
  if (missing.length === 0) return;
  throw lacksRights(display, isReadOnly, missing);
}

/** An empty name of a resource stands for all of them; `collection` empty asks for the right on the whole database. */
function isGranted(privileges: readonly Privilege[], db: string, collection: string, action: string): boolean {
  return privileges.some(
    ({ resource, actions }) =>
      actions.includes(action) &&
      (resource.anyResource === true ||
        ((resource.db === db || resource.db === '') &&
          (resource.collection === collection || resource.collection === ''))),
  );
}

/** Does what a migration does, without leaving anything behind. Throws the driver's errors for what is no missing right. */
async function tryActions(
  target: TargetDatabase,
  { flavour, isCharged }: TargetTraits,
  untold: NeededRights | null,
): Promise<void> {
  const marker = target.db.collection<{ _id: string }>(MARKER_COLLECTION);
  const tries: [action: string, act: () => Promise<unknown>][] = [
    ['insert and update', () => marker.updateOne({ _id: PROBE_ID }, { $set: { probe: true } }, { upsert: true })],
    ['remove', () => marker.deleteOne({ _id: PROBE_ID })],
  ];
  // A key of request units allows all of it or nothing, and each request is charged.
  if (untold !== null && !isCharged) {
    tries.push(['find', () => marker.findOne({ _id: PROBE_ID })]);
    tries.push(['listIndexes', () => marker.listIndexes().toArray()]);
  }
  // The index that every collection has: nothing is built. Cosmos DB charges for it, and refuses it on some accounts.
  const ownIndex = { createIndexes: MARKER_COLLECTION, indexes: [{ key: { _id: 1 }, name: '_id_' }] };
  if (untold !== null && flavour === 'mongodb') tries.push(['createIndex', () => target.db.command(ownIndex)]);
  if (untold?.dropsTarget === true && flavour === 'mongodb')
    tries.push(['dropCollection', () => target.db.dropCollection(NO_COLLECTION)]);
  const missing: string[] = [];
  let cause: unknown;
  for (const [action, act] of tries) {
    try {
      await target.limits.within(act);
    } catch (error) {
      const code = serverErrorCode(error);
      if (code === CODE.namespaceNotFound) continue;
      if (code !== CODE.unauthorized) throw error;
      // Request units have other reasons for this code than roles.
      if (isCharged) throw serverRefusal(error, code, target.display, isCharged) ?? error;
      missing.push(action);
      cause ??= error;
    }
  }
  if (missing.length > 0) throw lacksRights(target.display, false, missing, cause);
}

function lacksRights(
  display: string,
  isReadOnly: boolean,
  missing: readonly string[],
  cause?: unknown,
): MigrationError {
  const [what, role] = isReadOnly ? ['read', 'read'] : ['write to', 'readWrite'];
  return new MigrationError(
    'target-refused',
    `The user may not ${what} ${display} as a migration does: it lacks the right to ${missing.join(', ')} (code ${CODE.unauthorized})`,
    { hint: `Give the user the role ${role} on the target database, or one with these actions`, cause },
  );
}
