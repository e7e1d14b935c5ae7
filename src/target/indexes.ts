import { setTimeout as sleep } from 'node:timers/promises';
import { type Document, MongoServerError } from 'mongodb';
import type { IndexDefinition } from '../mlflow/layouts/layout.ts';
import { mongoIndexName } from '../mongoIndexName.ts';
import { CODE, serverErrorCode } from './failureKind.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { targetError } from './targetError.ts';
import type { TargetTraits } from './targetTraits.ts';

/** An index as the server is asked for it. */
export interface IndexSpec {
  readonly key: Readonly<Record<string, 1 | -1>>;
  readonly name: string;
  readonly unique?: true;
  readonly partialFilterExpression?: Document;
}

/** Difference between an index that should be there and what is. */
export interface IndexDifference {
  readonly index: string;
  readonly message: string;
}

/** Options conflict, another name for the same keys, or the same index again: it is there already, and the check tells how. */
const EXISTS_CODES: ReadonlySet<number> = new Set([85, 86, 68]);

/** What a request-unit account with continuous backup says to a unique index for a collection that is there; seen with the codes 2 and 13, which stand for much else too (cosmos-facts.md §6). */
const UNIQUE_IS_FIXED = /unique index cannot be modified/i;

/** Does the data or the target refuse this one index, while all else can go on? */
function isConflict(error: unknown, traits: TargetTraits): boolean {
  const code = serverErrorCode(error);
  if (code === CODE.duplicateKey || code === CODE.cannotCreateIndex) return true;
  if (code !== null && EXISTS_CODES.has(code)) return true;
  return traits.mayFixUniqueIndexes && error instanceof Error && UNIQUE_IS_FIXED.test(error.message);
}

/** Builds that go on are asked for again after so long; the engine itself looks into its queue every two seconds. */
const QUEUE_LOOK_MS = 1_000;

/**
 * Does the build go on at the server, so that whoever asks again joins it? The DocumentDB engine says so after its time limit, of a build
 * that waits in its queue as well, and while it builds another index of the collection (cosmos-facts.md §13).
 */
function isStillBuilding(error: unknown, { queuesIndexBuilds }: TargetTraits): boolean {
  const code = serverErrorCode(error);
  return queuesIndexBuilds && (code === CODE.exceededTimeLimit || code === CODE.indexBuildUnderWay);
}

/** Sends a `createIndexes` until it is answered by more than that its builds go on. Throws the driver's errors and the signal's reason. */
async function build(
  target: TargetDatabase,
  traits: TargetTraits,
  collection: string,
  specs: readonly IndexSpec[],
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await askForIndexes(target, collection, specs, signal);
      return;
    } catch (error) {
      if (!isStillBuilding(error, traits)) throw error;
    }
    await sleep(QUEUE_LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** An index of a definition as this target is asked for it. */
export function specOf(index: IndexDefinition, traits: TargetTraits): IndexSpec {
  const nested = index.keys.find(([field]) => field.includes('.'));
  if (nested !== undefined && index.keys.length > 1 && !index.isUnique && !traits.hasNestedCompoundIndexes) {
    // The nested field alone finds what the others only narrow down.
    const [field, direction] = nested;
    return { key: { [field]: direction }, name: `${field}_${direction}` };
  }
  const key = Object.fromEntries(index.keys);
  const name = mongoIndexName(index);
  if (!index.isUnique) return { key, name };
  if (index.presentFields === undefined) return { key, name, unique: true };
  // Where partial unique indexes are not to be had, NULLs that repeat would make a plain unique one fail.
  if (!traits.hasPartialUniqueIndexes) return { key, name };
  const filter = Object.fromEntries(
    Object.entries(index.presentFields).map(([field, type]) => [field, { $type: type }]),
  );
  return { key, name, unique: true, partialFilterExpression: filter };
}

/** The unique ones among indexes, as this target is asked for them. */
export function uniqueSpecs(indexes: readonly IndexDefinition[], traits: TargetTraits): IndexSpec[] {
  return indexes.map((index) => specOf(index, traits)).filter(({ unique }) => unique === true);
}

/** Is the index unique on this target? */
export function isUniqueHere(index: IndexDefinition, traits: TargetTraits): boolean {
  return specOf(index, traits).unique === true;
}

/** Creates the collection where it is not there. */
export async function ensureCollection(target: TargetDatabase, collection: string): Promise<void> {
  try {
    await target.limits.within(() => target.db.createCollection(collection));
  } catch (error) {
    if (serverErrorCode(error) !== 48) throw targetError(error, target.display);
  }
}

/**
 * Creates indexes in one command; those that are there stay. A unique index that the data or the target refuses is left
 * to the index check to report; every other failure is thrown. Where the signal aborts, nobody waits any longer, and mongod goes on
 * building: whoever asks again joins in (tried on 6.0; with `maxTimeMS` it would begin anew).
 */
export async function createIndexes(
  target: TargetDatabase,
  traits: TargetTraits,
  collection: string,
  indexes: readonly IndexDefinition[],
  signal: AbortSignal,
): Promise<void> {
  if (indexes.length === 0) return;
  const specs = indexes.map((index) => specOf(index, traits));
  try {
    await build(target, traits, collection, specs, signal);
    return;
  } catch (error) {
    if (!isConflict(error, traits)) throw targetError(error, target.display);
  }
  for (const spec of specs) {
    try {
      await build(target, traits, collection, [spec], signal);
    } catch (error) {
      if (!isConflict(error, traits)) throw targetError(error, target.display);
    }
  }
}

/**
 * On a replica set they are there once a majority has built them: by itself mongod waits for each member that votes, also for
 * one that is down for good. A server that does not know this names the field in its refusal, and is asked without it.
 */
async function askForIndexes(
  target: TargetDatabase,
  collection: string,
  indexes: readonly IndexSpec[],
  signal: AbortSignal,
): Promise<void> {
  const command = { createIndexes: collection, indexes };
  if (target.hasMembers) {
    try {
      await target.db.command({ ...command, commitQuorum: 'majority' }, { signal });
      return;
    } catch (error) {
      if (!(error instanceof MongoServerError) || !/commitQuorum/i.test(error.message)) throw error;
    }
  }
  await target.db.command(command, { signal });
}

/** A comparison does not know by which option the migration before it has made the indexes. */
const NOT_UNIQUE_HINT = ': where it was made plain on purpose, give --unique-indexes as it was given then';

/** Are these the same fields, in the same order and directions? Servers give directions as any kind of number. */
export function sameKeys(one: unknown, other: unknown): boolean {
  const shape = (key: unknown) =>
    JSON.stringify(Object.entries((key ?? {}) as Record<string, unknown>).map(([f, d]) => [f, Number(d)]));
  return shape(one) === shape(other);
}

/** Compares the indexes of a collection with those that should be there: keys, their order and directions, uniqueness. */
export async function compareIndexes(
  target: TargetDatabase,
  traits: TargetTraits,
  collection: string,
  indexes: readonly IndexDefinition[],
): Promise<IndexDifference[]> {
  let present: Document[];
  try {
    present = await target.limits.within(() => target.db.collection(collection).listIndexes().toArray());
  } catch (error) {
    if (serverErrorCode(error) !== CODE.namespaceNotFound) throw targetError(error, target.display);
    present = [];
  }
  const differences: IndexDifference[] = [];
  for (const index of indexes) {
    const spec = specOf(index, traits);
    const found = present.filter((other) => sameKeys(other['key'], spec.key));
    if (found.length === 0) differences.push({ index: spec.name, message: `Index ${spec.name} is missing` });
    else if (spec.unique === true && !found.some((other) => other['unique'] === true)) {
      differences.push({ index: spec.name, message: `Index ${spec.name} is not unique${NOT_UNIQUE_HINT}` });
    }
  }
  return differences;
}
