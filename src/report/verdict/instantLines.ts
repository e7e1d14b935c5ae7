import type { ComparedSpan, Facts, SourceInstant } from '../../contract/facts.ts';
import { formatCount } from '../../formatCount.ts';
import { listNames } from '../../listNames.ts';
import { formatEnd, formatInstant } from '../formatUnits.ts';
import type { Proof } from './runProof.ts';

/** The instant up to which target and source are equal: only where all is proven, it is known when, and nothing else is in the collections. */
export function equalUpTo(facts: Facts, proof: Proof): string | null {
  if (!proof.isProven || facts.compared === null || facts.sharedCollections.length > 0) return null;
  return facts.instant?.at ?? null;
}

/** What may be said of the instant, never without when the documents were compared; nothing unless all is proven. */
export function instantLines(facts: Facts, proof: Proof): string[] {
  const { instant, compared, sharedCollections } = facts;
  if (!proof.isProven || instant === null || compared === null) return [];
  const at = `${formatInstant(instant.at)}${instant.from === 'standby' ? ' (a standby was read: the last commit that it had replayed)' : ''}`;
  const upTo = `${at}${scope(facts)}`;
  const equality =
    sharedCollections.length === 0
      ? `Target equals source up to: ${upTo}; its documents were compared ${within(compared)}`
      : `Every row of the source is in the target, up to: ${upTo}; their documents were compared ${within(compared)}. Other documents in ${listNames(sharedCollections)} are not judged`;
  return [equality, ...quiet(instant), ...fromEarlier(compared), ...underWay(instant, facts.kind)];
}

/** How the line of a cut-over begins. */
export const CUT_OVER = 'Cut over: ';

/** What a cut-over has seen of the source's writers. */
function quiet({ quietSince, quietUntil }: SourceInstant): string[] {
  if (quietSince === undefined) return [];
  const until =
    quietUntil === undefined ? '' : `; until ${formatInstant(quietUntil)}, after the checks, no transaction had ended`;
  return [
    `${CUT_OVER}from ${formatInstant(quietSince)} to that instant no row changed, and no session held a lock to write then${until}`,
  ];
}

/** What alone is spoken of, where not all of the source was asked for. */
function scope({ only: { tables, exclude = [], workspace, experiments = null, isMapped = false } }: Facts): string {
  const left =
    exclude.length === 0 ? '' : `, without ${exclude.length === 1 ? 'the table' : 'the tables'} ${listNames(exclude)}`;
  const parts = [
    ...(tables === null ? [] : [`the tables ${listNames(tables)}`]),
    ...(workspace === null ? [] : [`the workspace ${workspace}`]),
    ...(experiments === null
      ? []
      : [
          `the ${experiments.length === 1 ? 'experiment' : 'experiments'} ${listNames(experiments)} and what hangs on them`,
        ]),
  ];
  const mapped = isMapped ? ', with the locations of artifacts mapped' : '';
  return `${parts.length === 0 ? '' : `, in ${parts.join(' and ')} alone`}${left}${mapped}`;
}

/** `from … to …` in whole seconds, which hold the span: the end is rounded up. */
function within({ from, to, earlier }: ComparedSpan): string {
  return `from ${formatInstant(earlier?.from ?? from)} to ${formatEnd(to)}`;
}

/** What this run took from an earlier one. */
function fromEarlier({ earlier }: ComparedSpan): string[] {
  if (earlier === undefined) return [];
  return [
    `An earlier run compared all rows, until ${formatEnd(earlier.to)}; this one compared those that changed since, and counted all. A document that something else has changed in the target since then is not noticed: mlflow-migrate validate compares all again`,
  ];
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
  const unknown = `What ${isOne ? 'it writes' : 'they write'} is not covered here`;
  return [`Under way at that instant: ${what}. ${unknown}${kind === 'comparison' ? '' : later}`];
}
