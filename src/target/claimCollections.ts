import { randomUUID } from 'node:crypto';
import type { Ownership, Writer } from '../contract/ownership.ts';
import { MigrationError } from '../errors.ts';
import type { ClaimGround, ClaimRequest } from './claimGround.ts';
import { inUse } from './claimRefusals.ts';
import { MAX_SWAPS, readLegacy, readOwnership, swap } from './ownership.ts';
import { type PlannedClaim, planClaim } from './planClaim.ts';
import { filledOf, standingCollections } from './standingCollections.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { isDead, putWriter, readWriters, removeIfSilent, removeWriter, writersOf } from './writers.ts';

/**
 * Looks what stands in the target for a claim. Writers that are dead are left out where they are of the migration that
 * asks: its name takes them over. One that might be dead is watched until it is heard of again, or not for
 * `DEAD_AFTER_MS` (writers.ts).
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
  const writers: Writer[] = [];
  for (const writer of await writersOf(target, ownership, names)) {
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
    `The collections of ${target.display} could not be claimed: others claimed them at the same time`,
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
    if (ground.writers.some(({ token }) => token === writer.token)) continue;
    const alive = await removeIfSilent(target, writer);
    if (alive !== null) throw inUse(target.display, alive, migration);
  }
}
