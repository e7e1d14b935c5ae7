import type { Facts, SourceInstant } from '../../contract/facts.ts';
import { formatCount, formatInstant } from '../formatUnits.ts';
import { listNames } from './listNames.ts';
import type { Proof } from './proof.ts';

/** The instant up to which target and source are equal: only where all is proven, and nothing else is in the collections. */
export function equalUpTo(facts: Facts, proof: Proof): string | null {
  return proof.isProven && facts.sharedCollections.length === 0 ? (facts.instant?.at ?? null) : null;
}

/** What may be said of the instant; nothing unless all is proven. */
export function instantLines(facts: Facts, proof: Proof): string[] {
  const { instant, sharedCollections } = facts;
  if (!proof.isProven || instant === null) return [];
  const at = `${formatInstant(instant.at)}${instant.from === 'standby' ? ' (a standby was read: the last commit that it had replayed)' : ''}`;
  const equality =
    sharedCollections.length === 0
      ? `Target equals source up to: ${at}`
      : `Every row of the source is in the target, up to: ${at}. Other documents in ${listNames(sharedCollections)} are not judged`;
  return [equality, ...underWay(instant, facts.kind)];
}

/** Transactions that were under way at the instant: what they write is neither proven nor missed. */
function underWay({ openTransactions, preparedTransactions }: SourceInstant, kind: Facts['kind']): string[] {
  return [...underWayLine(openTransactions, 'open', kind), ...underWayLine(preparedTransactions, 'prepared', kind)];
}

function underWayLine(names: readonly string[], sort: string, kind: Facts['kind']): string[] {
  if (names.length === 0) return [];
  const isOne = names.length === 1;
  const what = `${formatCount(names.length)} ${sort} ${isOne ? 'transaction' : 'transactions'} (${listNames(names)})`;
  const later = `; --catch-up brings it over once ${isOne ? 'it is' : 'they are'} committed`;
  const unknown = `What ${isOne ? 'it writes' : 'they write'} is not spoken of here`;
  return [`Under way at that instant: ${what}. ${unknown}${kind === 'comparison' ? '' : later}`];
}
