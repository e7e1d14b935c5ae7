import { CHECKS, type CheckName, type Facts } from '../contract/facts.ts';
import type { MigrationReport, TableTotals } from '../contract/migrationReport.ts';
import type { CheckResult, RunStatus, Verdict } from '../contract/verdict.ts';
import { formatPlural } from './formatUnits.ts';
import { cards, columns } from './verdict/cards.ts';
import { details } from './verdict/details.ts';
import { exitCodeOfProblems } from './verdict/exitCodeOfProblems.ts';
import { equalUpTo, instantLines } from './verdict/instantLines.ts';
import { checksMeaning, judgeChecks } from './verdict/judgeChecks.ts';
import { type Proof, readProof } from './verdict/runProof.ts';

const SUBJECTS = { migration: 'Migration', comparison: 'Comparison', analysis: 'Dry run' } as const;

/** Titles of the text report; a dry run is a migration that stops before it writes. */
const TITLES = {
  migration: 'MLFLOW POSTGRESQL TO MONGODB MIGRATION REPORT',
  comparison: 'MLFLOW POSTGRESQL TO MONGODB COMPARISON REPORT',
  analysis: 'MLFLOW POSTGRESQL TO MONGODB MIGRATION REPORT',
} as const;

/**
 * Derives all that is claimed of a run from its facts: the one place that does. Each sentence follows from a check that
 * held; docs/reliability.md has the table of sentences and what must have held for each.
 */
export function judge(facts: Facts): Verdict {
  const proof = readProof(facts);
  const status = judgeStatus(facts, proof);
  const exitCode = judgeExitCode(facts, proof, status);
  return {
    status,
    exitCode,
    good: status === 'completed',
    title: TITLES[facts.kind],
    subject: SUBJECTS[facts.kind],
    headline: headline(facts, proof, status, exitCode),
    details: details(facts, proof),
    equalUpTo: equalUpTo(facts, proof),
    instantLines: instantLines(facts, proof),
    speaksOfChecks: proof.speaksOfChecks,
    checks: judgeChecks(facts, proof),
    checksMeaning: checksMeaning(facts, proof),
    cards: cards(facts, proof),
    columns: columns(facts),
    leeway: leeway(facts, proof),
    marks: marks(facts, proof),
    copiedRecords: copiedRecords(facts, proof),
  };
}

/** The results of the checks alone, as the report lists them under `validation`. */
export function checkResults({ checks }: Verdict): Record<CheckName, CheckResult> {
  return Object.fromEntries(CHECKS.map((name) => [name, checks[name].result])) as Record<CheckName, CheckResult>;
}

/** The mark of one table, and the words for it: one that an error was found of is not as it should be, though all its rows are there. */
export function tableMark(
  name: string,
  { total, migrated, errors }: TableTotals,
  { verdict, validation }: Pick<MigrationReport, 'verdict' | 'validation'>,
): TableMark {
  const { leeway, marks } = verdict;
  const isFull = migrated === total || leeway === 'any' || (leeway === 'more' && migrated > total);
  const hasError = validation.findings.some(({ severity, table }) => severity === 'error' && table === name);
  const good = errors === 0 && isFull && !hasError;
  return { good, words: good ? marks.good : marks.bad };
}

/** Whether a table is as it should be, and how a report says so: the words depend on what the run could know. */
export interface TableMark {
  readonly good: boolean;
  readonly words: string;
}

function judgeStatus(facts: Facts, { isWhole, isClean }: Proof): RunStatus {
  if (facts.ending === 'cancelled') return 'cancelled';
  if (!isWhole) return 'failed';
  return isClean ? 'completed' : 'completed-with-errors';
}

/** As the README tells them: differences alone are 3; what could not be carried, or was not checked, is 1 and comes first. */
function judgeExitCode(facts: Facts, proof: Proof, status: RunStatus): number {
  if (status === 'completed') return 0;
  if (status === 'cancelled') return 1;
  if (status === 'failed') return exitCodeOfProblems(facts.problems);
  const hasGap = proof.partial.length + proof.omitted.length + proof.missing + facts.failureFindings > 0;
  const hasDifference = proof.broken.length > 0 || proof.differences > 0;
  return hasDifference && !hasGap && facts.carryFindings === 0 && facts.kind !== 'analysis' ? 3 : 1;
}

function headline(facts: Facts, proof: Proof, status: RunStatus, exitCode: number): string {
  const subject = SUBJECTS[facts.kind];
  if (status === 'cancelled' || status === 'failed') return `${subject} ${status}`;
  if (facts.kind === 'comparison') return comparisonHeadline(facts, proof, status);
  if (status === 'completed') return `${subject} completed successfully`;
  const { rows, carryFindings, failureFindings } = facts;
  const errors = rows.errors > 0 && facts.kind !== 'analysis' ? rows.errors : carryFindings;
  if (exitCode !== 3 && errors > 0) return `${subject} completed with ${formatPlural(errors, 'error')}`;
  if (proof.differences > 0) return `${subject} completed with ${formatPlural(proof.differences, 'difference')}`;
  if (proof.broken.length > 0) return `${subject} completed with differences`;
  if (proof.missing === 0 || failureFindings > 0) return `${subject} completed, but not everything was checked`;
  return `${subject} completed, but ${formatPlural(proof.missing, 'record')} ${proof.missing === 1 ? 'is' : 'are'} missing`;
}

function comparisonHeadline(facts: Facts, proof: Proof, status: RunStatus): string {
  if (status === 'completed') {
    const isFull = proof.results.content === 'held';
    return isFull ? 'Comparison found no difference' : 'Comparison of counts found no difference';
  }
  const findings = facts.errorFindings - facts.failureFindings;
  const count = findings > 0 ? findings : facts.rows.errors;
  const hasFound = count > 0 || proof.broken.length > 0;
  const isPartial = proof.partial.length + proof.omitted.length + facts.failureFindings > 0;
  if (hasFound) {
    const found = `Comparison found ${count > 0 ? formatPlural(count, 'difference') : 'differences'}`;
    return isPartial ? `${found} and was incomplete` : found;
  }
  return isPartial ? 'Comparison was incomplete' : 'Comparison compared nothing';
}

function leeway(facts: Facts, { speaksOfChecks, results }: Proof): Verdict['leeway'] {
  if (!speaksOfChecks) return 'none';
  if (results.counts === 'held') return 'any';
  return facts.rows.migratedBy === 'acknowledged' ? 'more' : 'none';
}

function marks({ rows }: Facts, { speaksOfChecks, results }: Proof): Verdict['marks'] {
  if (!speaksOfChecks) {
    return { good: rows.migratedBy === 'counted-in-target' ? 'All counted' : 'Figures agree', bad: 'Not complete' };
  }
  return { good: results.content === 'held' ? 'Complete' : 'No fault found', bad: 'With faults' };
}

/** Rows counted in the target may stem from an earlier run: no rate is taken over them. */
function copiedRecords({ kind, rows }: Facts, { isWhole }: Proof): number | null {
  const isOfThisRun = rows.migratedBy === 'compared' || rows.migratedBy === 'acknowledged';
  return kind === 'migration' && isWhole && isOfThisRun ? (rows.copied ?? rows.migrated) : null;
}
