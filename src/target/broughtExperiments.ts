import { type CollectionClaim, findOwner, type Owner } from '../contract/ownership.ts';
import type { ClaimGround, ClaimRequest } from './claimGround.ts';

/**
 * The experiments that an owner has brought once a claim is made: those of the claim, and those that were brought before to
 * collections that stay. It only grows while anything of it stays, so that none of them is forgotten before its documents are gone.
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
    return claims.some(({ name }) => (names.has(name) ? !request.dropTarget && (isOwn || request.adoptTarget) : isOwn));
  });
  const all = [request.experiments ?? null, ...kept.map(({ experiments }) => experiments ?? null)];
  if (all.some((experiments) => experiments === null)) return {};
  const ids = new Set(all.flatMap((experiments) => experiments ?? []));
  return { experiments: [...ids].sort((one, other) => Number(one) - Number(other)) };
}
