import { CHECKS, type CheckName, type Facts } from '../../contract/facts.ts';
import type { CheckResult, CheckVerdict } from '../../contract/verdict.ts';
import { listNames } from '../../listNames.ts';
import { formatPlural } from '../formatUnits.ts';
import type { Proof } from './runProof.ts';

const RESULTS = { held: 'ok', broken: 'failed', incomplete: 'incomplete', 'not-run': 'skipped' } as const;

/** Every check in one word with its note. Of a run that did not come to its end no check is said to have held or failed. */
export function judgeChecks(facts: Facts, proof: Proof): Record<CheckName, CheckVerdict> {
  return Object.fromEntries(CHECKS.map((name) => [name, judgeCheck(name, facts, proof)])) as Record<
    CheckName,
    CheckVerdict
  >;
}

function judgeCheck(name: CheckName, facts: Facts, proof: Proof): CheckVerdict {
  const result: CheckResult = RESULTS[proof.results[name]];
  if (!proof.speaksOfChecks) {
    return result === 'skipped' || facts.kind === 'analysis'
      ? { result: 'skipped', note: null }
      : { result: 'incomplete', note: 'the run ended before its checks were over' };
  }
  return { result, note: notes(name, result, facts, proof).join('; ') || null };
}

function notes(name: CheckName, result: CheckResult, facts: Facts, proof: Proof): string[] {
  const { uncovered } = facts.checks[name];
  const isReferences = name === 'references' && result !== 'skipped';
  const isOrphaned = isReferences && facts.orphansAsInSource > 0;
  const isPartial = isReferences && facts.unseenReferences.length > 0;
  return [
    ...(result !== 'skipped' && uncovered.length > 0 ? [`not checked: ${listNames(uncovered)}`] : []),
    ...(proof.omitted.includes(name) ? ['asked for, not done'] : []),
    ...(isPartial ? [`not looked at: ${listNames(facts.unseenReferences)}`] : []),
    ...(isOrphaned ? [`${formatPlural(facts.orphansAsInSource, 'value')} without a parent, as in the source`] : []),
  ];
}

/** What was compared with what, as one sentence for the head of the checks. */
export function checksMeaning(facts: Facts, { results }: Proof): string {
  switch (results.content) {
    case 'held':
      return 'Every row was compared with its document.';
    case 'broken':
      return 'Rows were compared with their documents, and some differ.';
    case 'incomplete':
      return 'Not every row was compared with its document.';
    case 'not-run':
      if (facts.validate === 'full') return 'No row was compared with its document.';
      return facts.validate === 'counts' ? 'Only counts were asked for.' : 'No validation was asked for.';
  }
}
