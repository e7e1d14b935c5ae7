import { CHECKS, type CheckFact, type CheckName, type Facts } from '../../contract/facts.ts';

/** What the facts prove, and what they leave open: every sentence asks here. */
export interface Proof {
  /** Came through all its steps, without a problem. */
  readonly isWhole: boolean;
  /** May anything be said of checks? Not of a dry run, nor of a run that did not come to its end. */
  readonly speaksOfChecks: boolean;
  readonly results: Readonly<Record<CheckName, CheckFact['result']>>;
  readonly asked: readonly CheckName[];
  readonly broken: readonly CheckName[];
  /** Begun, and not done over all. */
  readonly partial: readonly CheckName[];
  /** Asked for, and not begun in a run that came to its end. */
  readonly omitted: readonly CheckName[];
  /** Findings that are differences, not rows or values that could not be carried, nor what could not be looked at. */
  readonly differences: number;
  /** Tables that a check left out. */
  readonly uncovered: readonly string[];
  /** Rows of the source without a document that was seen or acknowledged, where no count explains them as rows that went meanwhile. */
  readonly missing: number;
  readonly deleted: number;
  /** Nothing found, nothing left out: the run is `completed`. */
  readonly isClean: boolean;
  /** Every check held over everything, so that equality may be claimed where an instant is known. */
  readonly isProven: boolean;
}

/** Which checks are made where only counts are asked for. */
const IS_COUNTING: Readonly<Record<CheckName, boolean>> = {
  counts: true,
  types: false,
  indexes: false,
  references: false,
  content: false,
  schema: false,
};

/** Reads the facts. A check that is said to have held and names tables that it left out counts as incomplete. */
export function readProof(facts: Facts): Proof {
  const { checks, rows, errorFindings, carryFindings, failureFindings } = facts;
  const isWhole = facts.ending === 'whole' && facts.problems.length === 0;
  const speaksOfChecks = isWhole && facts.kind !== 'analysis';
  const results = Object.fromEntries(CHECKS.map((name) => [name, resultOf(checks[name])])) as Proof['results'];
  const having = (result: CheckFact['result']) =>
    speaksOfChecks ? CHECKS.filter((name) => results[name] === result) : [];
  const asked = facts.kind === 'analysis' ? [] : CHECKS.filter((name) => isAsked(name, facts.validate));
  const [broken, partial] = [having('broken'), having('incomplete')];
  const omitted = having('not-run').filter((name) => asked.includes(name));
  // Where the counts of both sides were found to agree, rows that were counted before and not seen afterwards are gone.
  // A comparison that only counts sees no rows one by one: of them nothing is said.
  const isUnseen = facts.kind === 'comparison' && rows.migratedBy !== 'compared';
  const isExplained = facts.kind === 'analysis' || isUnseen || (speaksOfChecks && results.counts === 'held');
  const missing = isExplained ? 0 : Math.max(0, rows.total - rows.migrated - rows.errors);
  const comparedNothing = facts.kind === 'comparison' && results.counts !== 'held';
  // Rows that a dry run finds different are what a migration would write: no fault of anything.
  const isClean =
    isWhole &&
    (rows.errors === 0 || facts.kind === 'analysis') &&
    errorFindings === 0 &&
    missing === 0 &&
    broken.length + partial.length + omitted.length === 0 &&
    !comparedNothing;
  return {
    isWhole,
    speaksOfChecks,
    results,
    asked,
    broken,
    partial,
    omitted,
    differences: Math.max(0, errorFindings - carryFindings - failureFindings),
    uncovered: [...new Set(CHECKS.flatMap((name) => checks[name].uncovered))],
    missing,
    deleted: Object.values(facts.deleted).reduce((sum, { count }) => sum + count, 0),
    isClean,
    isProven:
      isClean && speaksOfChecks && facts.validate === 'full' && CHECKS.every((name) => results[name] === 'held'),
  };
}

function resultOf({ result, uncovered }: CheckFact): CheckFact['result'] {
  return result === 'held' && uncovered.length > 0 ? 'incomplete' : result;
}

function isAsked(name: CheckName, validate: Facts['validate']): boolean {
  return validate === 'full' || (validate === 'counts' && IS_COUNTING[name]);
}
