import { findOwner, type Ownership } from '../contract/ownership.ts';
import { MigrationError, type Problem } from '../errors.ts';
import type { CollectionDefinition, LaterWrites } from '../mlflow/layouts/layout.ts';
import { retry } from '../retry.ts';
import { assertNameIsFree } from './assertNameIsFree.ts';
import { lookAtGround } from './claimCollections.ts';
import type { ClaimRequest } from './claimGround.ts';
import { inspectCollections } from './inspectCollections.ts';
import { assertRights } from './inspectRights.ts';
import {
  collectionsNewer,
  collectionsWrittenLater,
  type Newest,
  newerThanSource,
  sinceBrought,
  writtenLater,
} from './laterWrites.ts';
import { isTakingOver, planClaim } from './planClaim.ts';
import { AFTER_REFUSALS } from './retryPolicies.ts';
import { shardingProblems } from './sharding.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { targetError } from './targetError.ts';
import type { TargetTraits } from './targetTraits.ts';

/** What a look at the target found; `problems` are all of them at once. */
export interface TargetInspection {
  readonly traits: TargetTraits | null;
  readonly problems: readonly Problem[];
  /** Has this source, in this layout, filled some of the collections before? */
  readonly isOurs: boolean;
  /** Would the run take over what another source has brought? */
  readonly isTakingOver: boolean;
  /** Whose the collections are, null where nothing was claimed or the target could not be asked. */
  readonly ownership: Ownership | null;
}

/** What a run would do to the target, as preflight asks before it may. */
export interface InspectionRequest {
  /** What would be claimed; null where the source could not be asked what it is: then only the target itself is looked at. */
  readonly claim: ClaimRequest | null;
  /** The layout's collections, for their shard keys. */
  readonly definitions: readonly CollectionDefinition[];
  /** A dry run and a comparison write nothing, not even a probe, and may look on while another migration writes. */
  readonly isReadOnly: boolean;
  /** Does the run only compare? Then it does not matter what the collections would refuse. */
  readonly isComparison: boolean;
  /** Catching up and comparing need a target that a migration of this source has filled. */
  readonly mustBeOurs: boolean;
  /** Is what the reader has written since to be left to a later step, or undone on purpose? */
  readonly laterWrites: readonly LaterWrites[];
  /** When the newest rows of the source were made. */
  readonly newest: readonly Newest[];
}

/** Looks whether the target answers, takes writes, and is empty or ours. Throws nothing but the reason of the signal: failures are problems. */
export async function inspectTarget(
  target: TargetDatabase,
  request: InspectionRequest,
  signal: AbortSignal,
): Promise<TargetInspection> {
  const problems: Problem[] = [];
  const note = (error: unknown) => {
    signal.throwIfAborted();
    const failure = targetError(error, target.display);
    problems.push({ kind: failure.kind, message: failure.message, hint: failure.hint });
  };
  // An account that is busy can still be migrated to: each thing is looked at again for a minute.
  const whenTaken = <T>(look: () => Promise<T>): Promise<T> => retry(AFTER_REFUSALS, look, signal);
  let traits: TargetTraits;
  try {
    traits = await target.traits();
  } catch (error) {
    note(error);
    return { traits: null, problems, isOurs: false, isTakingOver: false, ownership: null };
  }
  if (!traits.isWritablePrimary) {
    note(
      new MigrationError('target-refused', `The target ${target.display} is a read-only replica`, {
        hint: 'Name the primary, or leave directConnection out of the target URI, so that the primary is found',
      }),
    );
    return { traits, problems, isOurs: false, isTakingOver: false, ownership: null };
  }
  const { claim, isReadOnly, isComparison } = request;
  const names = claim?.collections.map(({ name }) => name) ?? [];
  const dropsTarget = claim?.dropTarget === true;
  if (isReadOnly) await whenTaken(() => assertNameIsFree(target)).catch(note);
  const rights = { collections: names, isReadOnly, isComparison, dropsTarget };
  await whenTaken(() => assertRights(target, traits, rights)).catch(note);
  // What is dropped first may be anything, and what is only compared with refuses nothing.
  if (!dropsTarget && !isComparison && problems.length === 0)
    await whenTaken(() => inspectCollections(target, names)).then((hindrances) => problems.push(...hindrances), note);
  if (claim === null || problems.length > 0)
    return { traits, problems, isOurs: false, isTakingOver: false, ownership: null };
  try {
    const ground = await whenTaken(() => lookAtGround(target, claim, signal));
    const { ownership } = ground;
    const isOurs = ownsSome(ownership, claim);
    const recorded = claim.dropTarget ? {} : shardKeysOf(ownership, claim);
    problems.push(...(await whenTaken(() => inspectSharding(target, traits, request, recorded))));
    // Whoever only reads does not mind that somebody writes.
    const writers = request.isReadOnly ? [] : ground.writers;
    if (request.mustBeOurs && !isOurs && !claim.adoptTarget) assertNobodys(ownership, claim, target.display);
    planClaim(claim, { ...ground, writers }, new Date(0).toISOString(), () => 'none');
    if (isOurs) await whenTaken(() => assertUntouched(target, request, claim, ownership, signal));
    return { traits, problems, isOurs, isTakingOver: isTakingOver(claim, ground), ownership };
  } catch (error) {
    note(error);
    return { traits, problems, isOurs: false, isTakingOver: false, ownership: null };
  }
}

function ownsSome(ownership: Ownership | null, claim: ClaimRequest): boolean {
  const id = findOwner(ownership, claim.identity, claim.layout)?.id;
  const names = new Set(claim.collections.map(({ name }) => name));
  return ownership?.collections.some(({ name, owner }) => owner === id && names.has(name)) === true;
}

function shardKeysOf(ownership: Ownership | null, claim: ClaimRequest): Record<string, string> {
  const id = findOwner(ownership, claim.identity, claim.layout)?.id;
  return Object.fromEntries(
    (ownership?.collections ?? []).flatMap(({ name, owner, shardKey }) =>
      owner === id && shardKey !== null ? [[name, shardKey]] : [],
    ),
  );
}

/** What no migration has claimed cannot be caught up or compared; what another one has is told with both names by the claim. */
function assertNobodys(ownership: Ownership | null, claim: ClaimRequest, display: string): void {
  const names = new Set(claim.collections.map(({ name }) => name));
  if (ownership?.collections.some(({ name }) => names.has(name)) === true) return;
  throw new MigrationError(
    'config',
    `The target ${display} holds no migration of this source in the layout ${claim.layout}`,
    {
      hint: 'Migrate first; catching up and comparing need the same source, target and layout',
    },
  );
}

/** What keeps the configured shard keys from being used. */
async function inspectSharding(
  target: TargetDatabase,
  traits: TargetTraits,
  request: InspectionRequest,
  recorded: Readonly<Record<string, string>>,
): Promise<Problem[]> {
  if (request.claim?.dropTarget === true) return shardingProblems(request.definitions, traits, {}, new Set());
  const present = await target.limits.within((signal) =>
    target.db.listCollections({}, { nameOnly: true, signal }).toArray(),
  );
  return shardingProblems(request.definitions, traits, recorded, new Set(present.map(({ name }) => name)));
}

/** A migration makes its target equal to the source: what the reader has written to it since must not go lost by that. */
async function assertUntouched(
  target: TargetDatabase,
  request: InspectionRequest,
  claim: ClaimRequest,
  ownership: Ownership | null,
  signal: AbortSignal,
): Promise<void> {
  if (request.isReadOnly || claim.allowExisting || claim.dropTarget) return;
  const shared = new Set(ownership?.collections.flatMap(({ name, heldOthers }) => (heldOthers ? [name] : [])));
  const probes = request.laterWrites.filter(({ collection }) => !shared.has(collection));
  const written = await collectionsWrittenLater(target, probes, signal);
  if (written.length === 0) {
    const newest = sinceBrought(request.newest, ownership).filter(({ collection }) => !shared.has(collection));
    const newer = await collectionsNewer(target, newest, signal);
    if (newer.length > 0) throw newerThanSource(target.display, newer);
    return;
  }
  throw writtenLater(target.display, written);
}
