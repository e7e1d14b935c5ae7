import { type CollectionClaim, findOwner, type Owner, type Ownership } from '../contract/ownership.ts';
import type { ClaimGround, ClaimRequest } from './claimGround.ts';

/**
 * The experiments that an owner has brought once a claim is made: those of the claim, and those that were brought before. A
 * claim only adds to them, so that none is forgotten before its documents are gone: see {@link withoutOthers}.
 */
export function broughtExperiments(
  request: ClaimRequest,
  { ownership }: Pick<ClaimGround, 'ownership'>,
  known: ReadonlyMap<string, CollectionClaim>,
): Pick<Owner, 'experiments'> {
  const names = new Set(request.collections.map(({ name }) => name));
  const self = findOwner(ownership, request.identity, request.layout);
  const kept = (ownership?.owners ?? []).filter(({ id }) => {
    const claims = [...known.values()].filter(({ owner }) => owner === id);
    const isOwn = id === self?.id;
    // Whoever takes collections over takes what others have brought there.
    return claims.some(({ name }) => isOwn || (names.has(name) && request.adoptTarget && !request.dropTarget));
  });
  const all = [request.experiments ?? null, ...kept.map(({ experiments }) => experiments ?? null)];
  if (all.some((experiments) => experiments === null)) return {};
  return { experiments: ascending(new Set(all.flatMap((experiments) => experiments ?? []))) };
}

/** What a run has made sure of: its collections hold no documents of other experiments. */
export interface CarriedExperiments {
  readonly ids: readonly string[];
  /** Collections whose documents hang on no experiment, and which no choice carries therefore. */
  readonly unrelated: ReadonlySet<string>;
}

/**
 * The owners once collections (`names`, of one owner) hold documents of some experiments alone. Those are all that their owner
 * has then, unless it has further collections, which may hold more.
 */
export function withoutOthers(
  { owners, collections }: Ownership,
  names: ReadonlySet<string>,
  { ids, unrelated }: CarriedExperiments,
): Ownership['owners'] {
  const own = collections.filter(({ name }) => names.has(name));
  const id = own[0]?.owner;
  const isShared = own.some(({ heldOthers }) => heldOthers);
  const mayHoldMore = collections.some(({ name, owner }) => owner === id && !names.has(name) && !unrelated.has(name));
  if (isShared || mayHoldMore) return owners;
  return owners.map((owner) => (owner.id === id ? { ...owner, experiments: ascending(ids) } : owner));
}

function ascending(ids: Iterable<string>): string[] {
  return [...ids].sort((one, other) => Number(one) - Number(other));
}
