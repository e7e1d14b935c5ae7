import { setTimeout as sleep } from 'node:timers/promises';
import { MigrationError, type Problem } from '../errors.ts';
import type { CollectionDefinition, LaterWrites } from '../mlflow/layouts/layout.ts';
import type { TargetDatabase } from './client.ts';
import { errorCode, failureKind, targetError, toldWait } from './errors.ts';
import type { TargetTraits } from './flavour.ts';
import { collectionsWrittenLater } from './laterWrites.ts';
import { MARKER_COLLECTION, type Marker, readMarker } from './marker.ts';
import { shardingProblems } from './sharding.ts';

/** So long an account that refuses for lack of throughput is asked again, for each thing that is looked at. */
const THROTTLED_PATIENCE_MS = 60_000;
const PROBE_ID = 'mlflow-migrate write probe';

/** What a look at the target found; `problems` are all of them at once. */
export interface TargetInspection {
  readonly traits: TargetTraits | null;
  readonly problems: readonly Problem[];
}

export interface InspectionRequest {
  readonly collections: readonly string[];
  /** The layout's collections, for their shard keys. */
  readonly definitions: readonly CollectionDefinition[];
  readonly source: string;
  readonly layout: string;
  readonly allowExisting: boolean;
  readonly dropTarget: boolean;
  /** A dry run writes nothing, not even a probe. */
  readonly dryRun: boolean;
  /** Catching up and comparing need a target that a migration has filled. */
  readonly mustBeOurs: boolean;
  readonly laterWrites: readonly LaterWrites[];
}

/** Looks whether the target answers, takes writes, and is empty or ours. Throws nothing: failures are problems. */
export async function inspectTarget(target: TargetDatabase, request: InspectionRequest): Promise<TargetInspection> {
  const problems: Problem[] = [];
  const note = (error: unknown) => {
    const failure = targetError(error, target.display);
    problems.push({ kind: failure.kind, message: failure.message, hint: failure.hint });
  };
  let traits: TargetTraits;
  try {
    traits = await target.traits();
  } catch (error) {
    note(error);
    return { traits: null, problems };
  }
  if (!traits.isWritablePrimary) {
    note(
      new MigrationError('target-refused', `The target ${target.display} is a read-only replica`, {
        hint: 'Name the primary, or the replica set with replicaSet=…, in the target URI',
      }),
    );
    return { traits, problems };
  }
  if (!request.dryRun) await whenTaken(() => probeWrite(target)).catch(note);
  await whenTaken(() => inspectSharding(target, traits, request)).then((found) => problems.push(...found), note);
  if (request.mustBeOurs) {
    await whenTaken(() => assertOurs(target, request)).catch(note);
    return { traits, problems };
  }
  if (problems.length === 0 && !request.allowExisting && !request.dropTarget) {
    await whenTaken(() => assertEmptyOrOurs(target, request)).catch(note);
  }
  return { traits, problems };
}

/** Looks again where the target refused for lack of throughput, not before the time told: an account that is busy can still be migrated to. */
async function whenTaken<T>(look: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  for (let refused = 0; ; refused++) {
    try {
      return await look();
    } catch (error) {
      if (failureKind(error) !== 'throttled' || performance.now() - begun > THROTTLED_PATIENCE_MS) throw error;
      await sleep((toldWait(error) ?? Math.min(2_000, 50 * 2 ** refused)) * (1 + Math.random() / 5) + 1);
    }
  }
}

/** What keeps the configured shard keys from being used. */
async function inspectSharding(
  target: TargetDatabase,
  traits: TargetTraits,
  request: InspectionRequest,
): Promise<Problem[]> {
  if (request.dropTarget) return shardingProblems(request.definitions, traits, null, new Set());
  const marker = await readMarker(target);
  const isOurs = marker?.source === request.source && marker.layout === request.layout;
  const present = await target.db.listCollections({}, { nameOnly: true }).toArray();
  return shardingProblems(
    request.definitions,
    traits,
    isOurs ? marker : null,
    new Set(present.map(({ name }) => name)),
  );
}

/** Writes and deletes one document beside the marker. */
async function probeWrite(target: TargetDatabase): Promise<void> {
  const collection = target.db.collection<{ _id: string }>(MARKER_COLLECTION);
  try {
    const present = await target.db.listCollections({ name: MARKER_COLLECTION }, { nameOnly: true }).toArray();
    await collection.updateOne({ _id: PROBE_ID }, { $set: { probe: true } }, { upsert: true });
    await collection.deleteOne({ _id: PROBE_ID });
    // A look leaves nothing behind.
    if (present.length === 0) await collection.drop();
  } catch (error) {
    if (errorCode(error) !== 13) throw error;
    throw new MigrationError('target-refused', `The user may not write to ${target.display}`, {
      hint: 'Give the user the role readWrite on the target database',
      cause: error,
    });
  }
}

async function assertOurs(target: TargetDatabase, request: InspectionRequest): Promise<void> {
  const marker = await readMarker(target);
  if (marker?.source === request.source && marker.layout === request.layout) {
    await assertUntouched(target, request, marker);
    return;
  }
  throw new MigrationError(
    'config',
    marker === null
      ? `The target ${target.display} holds no migration`
      : `The target ${target.display} holds a migration of ${marker.source} in the layout ${marker.layout}`,
    { hint: 'Migrate first; catching up and comparing need the same source, target and layout' },
  );
}

async function assertEmptyOrOurs(target: TargetDatabase, request: InspectionRequest): Promise<void> {
  const marker = await readMarker(target);
  if (marker !== null && marker.source === request.source && marker.layout === request.layout) {
    await assertUntouched(target, request, marker);
    return;
  }
  if (marker !== null) {
    throw new MigrationError(
      'target-not-empty',
      `The target ${target.display} holds a migration of ${marker.source} in the layout ${marker.layout}`,
    );
  }
  const filled = await filledCollections(target, request.collections);
  if (filled.length === 0) return;
  const shown =
    filled.length > 5 ? `${filled.slice(0, 5).join(', ')} and ${filled.length - 5} more` : filled.join(', ');
  throw new MigrationError('target-not-empty', `The target ${target.display} already holds other data in ${shown}`);
}

/** A migration makes its target equal to the source: what the reader has written to it since must not go lost by that. */
async function assertUntouched(target: TargetDatabase, request: InspectionRequest, marker: Marker): Promise<void> {
  if (request.dryRun || request.allowExisting || request.dropTarget || marker.isShared) return;
  const written = await collectionsWrittenLater(target, request.laterWrites);
  if (written.length === 0) return;
  throw new MigrationError(
    'target-not-empty',
    `MLflow has written to ${target.display} since it was migrated (to ${written.join(', ')}): migrating again would undo that`,
    {
      hint: 'Migrate into another database; or pass --yes to write beside what is new: then no document is deleted, but those of the source become as they are there',
    },
  );
}

/** Does any of these collections hold a document? */
export async function holdsDocuments(target: TargetDatabase, collections: readonly string[]): Promise<boolean> {
  return (await filledCollections(target, collections)).length > 0;
}

async function filledCollections(target: TargetDatabase, collections: readonly string[]): Promise<string[]> {
  const present = await target.db.listCollections({}, { nameOnly: true }).toArray();
  const names = present.map((collection) => collection.name).filter((name) => collections.includes(name));
  const filled: string[] = [];
  for (const name of names) {
    if ((await target.db.collection(name).findOne({}, { projection: { _id: 1 } })) !== null) filled.push(name);
  }
  return filled;
}
