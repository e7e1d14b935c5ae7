import {
  type CollectionClaim,
  isBefore,
  type Owner,
  type Ownership,
  type SourcePosition,
} from '../contract/ownership.ts';
import { MigrationError } from '../errors.ts';
import { type CarriedExperiments, withoutOthers } from './broughtExperiments.ts';
import type { Newest } from './laterWrites.ts';
import { changeOwnership, readOwnership } from './ownership.ts';
import { filledOf, standingCollections } from './standingCollections.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { removeWriter, tokensOf } from './writers.ts';

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

/** What a run leaves with the owner of its collections. */
export interface RunLeaves {
  /** JSON of a `KeptProof`; null takes away what stood there, undefined lets it stand. */
  readonly proof?: string | null | undefined;
  /** The experiments that its collections hold alone, undefined where it says nothing of that. */
  readonly carried?: CarriedExperiments | undefined;
}

/** Ends the right to write of a run of a migration; its collections stay owned. May be called any number of times. */
export async function releaseRun(
  target: TargetDatabase,
  migration: string,
  run: string,
  { proof, carried }: RunLeaves = {},
): Promise<void> {
  for (const token of await tokensOf(target, migration, run)) {
    const claims = (await readOwnership(target))?.collections.filter(({ writer }) => writer === token) ?? [];
    const standing = await standingCollections(
      target,
      claims.map(({ name }) => name),
    );
    const ids = new Map(standing.map(({ name, uuid }) => [name, uuid]));
    const names = new Set(claims.map(({ name }) => name));
    const ownersAfter = (ownership: Ownership) => {
      const owners = carried === undefined ? ownership.owners : withoutOthers(ownership, names, carried);
      if (proof === undefined) return owners;
      return owners.map((owner) => (owner.id === claims[0]?.owner ? withProof(owner, proof) : owner));
    };
    await changeOwnership(target, (ownership) => ({
      ...ownership,
      owners: ownersAfter(ownership),
      drop: ownership.drop?.run === run ? null : ownership.drop,
      collections: ownership.collections.map((claim) =>
        claim.writer === token ? released(claim, ids.get(claim.name) ?? null) : claim,
      ),
    }));
    await removeWriter(target, token);
  }
}

function withProof({ proof: _before, ...owner }: Owner, proof: string | null): Owner {
  return proof === null ? owner : { ...owner, proof };
}

/** A claim that nobody writes under. Where its run has noted no id, it is of the collection that stands there. */
function released(claim: CollectionClaim, uuid: string | null): CollectionClaim {
  return { ...(claim.toBeMade === true ? claim : withId(claim, uuid)), writer: null };
}

function withId(claim: CollectionClaim, uuid: string | null): CollectionClaim {
  return claim.uuid === undefined && uuid !== null ? { ...claim, uuid } : claim;
}
