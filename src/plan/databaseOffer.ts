import type { DatabaseOffer } from '../contract/plan.ts';
import type { Problem } from '../errors.ts';
import { formatCount } from '../formatCount.ts';

/** RU/s that a collection without a share gets, made by an insert or by `create`, and the least that it can have (cosmos-facts.md §8). */
const OWN_REQUEST_UNITS = 400;
/** Collections that the least shared throughput is enough for; each more takes another step (cosmos-facts.md §8, learn.microsoft.com/azure/cosmos-db/concepts-limits). */
const COLLECTIONS_IN_LEAST = 25;
const LEAST_SHARED = { manual: 400, autoscale: 1_000 };
const SHARED_STEP = { manual: 100, autoscale: 1_000 };

/** The least RU/s of a database whose collections share them; for autoscale the most that it goes up to. */
export function leastShared(collections: number): { readonly manual: number; readonly autoscale: number } {
  const more = Math.max(0, collections - COLLECTIONS_IN_LEAST);
  return {
    manual: LEAST_SHARED.manual + more * SHARED_STEP.manual,
    autoscale: LEAST_SHARED.autoscale + more * SHARED_STEP.autoscale,
  };
}

/** RU/s that the collections which a migration makes come to, where each has its own. */
function ownThroughput({ kind, added }: DatabaseOffer): number {
  return kind === 'own' ? added * OWN_REQUEST_UNITS : 0;
}

/** What the throughput of the database means for its collections, as sentences; empty where there is nothing to say. */
export function describeOffer(offer: DatabaseOffer): string {
  const { kind, shared, collections, added } = offer;
  const least = leastShared(collections);
  const sharing = `${units(least.manual)}, or ${units(least.autoscale)} as autoscale, which costs a tenth when idle`;
  switch (kind) {
    case 'serverless':
      return 'The account is serverless: what is used is charged, and no throughput is set';
    case 'own':
      if (added === 0) return 'Each collection has its own throughput, and all of them exist';
      return `The database has no shared throughput: ${counted(added)} to be made with ${units(OWN_REQUEST_UNITS)} each, ${units(ownThroughput(offer))} in all. A database with shared throughput needs at least ${sharing}, for ${counted(collections)}`;
    case 'unknown':
      if (added === 0) return '';
      return `If the database has no shared throughput, ${counted(added)} get ${units(OWN_REQUEST_UNITS)} each, ${units(added * OWN_REQUEST_UNITS)} in all; one with shared throughput needs at least ${sharing}`;
    case 'shared':
      return isTooLittle(offer)
        ? `The shared throughput is ${units(shared?.value ?? 0)}${shared?.isAutoscale === true ? ' as autoscale' : ''}, and ${counted(collections)} take at least ${units(shared?.isAutoscale === true ? least.autoscale : least.manual)}: the account may refuse to make them`
        : '';
  }
}

/** Is the shared throughput less than Azure wants for so many collections? */
export function isTooLittle({ shared, collections }: DatabaseOffer): boolean {
  if (shared === null) return false;
  const least = leastShared(collections);
  return shared.value < (shared.isAutoscale ? least.autoscale : least.manual);
}

/** What has to be consented to before collections are made that are paid one by one; null where nothing has. `allowed` is RU/s. */
export function throughputRefusal(
  offer: DatabaseOffer,
  allowed: number | 'all' | null,
  display: string,
): Problem | null {
  const wanted = ownThroughput(offer);
  if (wanted === 0 || allowed === 'all' || wanted <= (allowed ?? 0)) return null;
  const least = leastShared(offer.collections);
  return {
    kind: 'throughput-needs-consent',
    message: `The database of ${display} has no shared throughput: the migration would make ${counted(offer.added)} with ${units(OWN_REQUEST_UNITS)} each, ${units(wanted)} in all, paid for as long as they are there`,
    hint: `Make the database beforehand, with throughput that its ${counted(offer.collections)} share: at least ${units(least.manual)} or ${units(least.autoscale)} as autoscale, by db.runCommand({ customAction: "CreateDatabase", autoScaleSettings: { maxThroughput: ${least.autoscale} } }); or allow it with migration_settings.allow_throughput ${wanted}, or --yes. A limit of the account's total throughput has to leave room for it`,
  };
}

function units(value: number): string {
  return `${formatCount(value)} RU/s`;
}

function counted(collections: number): string {
  return collections === 1 ? '1 collection' : `${collections} collections`;
}
