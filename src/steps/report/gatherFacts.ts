import { broughtSinceProof } from '../../contract/broughtSinceProof.ts';
import type { CheckFact, CheckName, ComparedSpan, DeletedDocuments, Facts, RunEnding } from '../../contract/facts.ts';
import type { MigrateState } from '../../contract/migrateState.ts';
import type { Finding, Unlisted } from '../../contract/migrationReport.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import { sumOf } from '../../contract/tableCounts.ts';
import type { ReportedRun } from './recallWork.ts';
import type { CountedTables } from './tableTotals.ts';

/** What the end of a run is judged by: from its state, what was counted, and what was found. */
export function gatherFacts(
  { request, state }: Pick<ReportedRun, 'request' | 'state'>,
  { tables, migratedBy, uncounted }: CountedTables,
  { findings, unlisted }: { readonly findings: readonly Finding[]; readonly unlisted: Unlisted },
  rest: {
    readonly deleted: Readonly<Record<string, DeletedDocuments>>;
    readonly sharedCollections: readonly string[];
    readonly unseenReferences: readonly string[];
    readonly cancelled: NonNullable<Facts['cancelled']> | null;
  },
): Facts {
  const [unlistedDifferences, unlistedCarried] = unlisted;
  const errors = findings.filter(({ severity }) => severity === 'error');
  const ending: RunEnding = state.isCancelled ? 'cancelled' : state.problems.length > 0 ? 'failed' : 'whole';
  const sums = Object.values(tables);
  return {
    kind: request.dryRun ? 'analysis' : request.validateOnly ? 'comparison' : 'migration',
    ending,
    validate: request.validate,
    only: {
      tables: request.tables,
      exclude: request.exclude,
      workspace: request.workspace,
      experiments: request.experiments,
      isMapped: request.artifacts.length > 0,
    },
    problems: state.problems,
    checks: checkFacts(request, state, ending, errors),
    rows: {
      total: sums.reduce((sum, { total }) => sum + total, 0),
      migrated: sums.reduce((sum, { migrated }) => sum + migrated, 0),
      copied: sumOf(state.copied.tables, 'migrated') - sumOf(state.copied.tables, 'unchanged'),
      errors: sums.reduce((sum, table) => sum + table.errors, 0),
      migratedBy,
      uncounted: {
        tables: uncounted,
        rows: uncounted.reduce(
          (sum, table) => sum + Math.max(0, (tables[table]?.total ?? 0) - (tables[table]?.migrated ?? 0)),
          0,
        ),
      },
    },
    errorFindings: errors.length + unlistedDifferences + unlistedCarried,
    carryFindings: errors.filter(({ check }) => check === 'copy').length + unlistedCarried,
    // Of what was counted and not listed nothing tells which it was.
    lossFindings: errors.some(isLoss) && unlistedDifferences > 0 ? null : errors.filter(isLoss).length,
    failureFindings: errors.filter(isFailure).length,
    mayHaveWritten: state.mayHaveClaimed,
    orphansAsInSource: state.checks.orphansAsInSource,
    schema: {
      changed: state.shapeChanged,
      leftover: errors.flatMap(({ check, kind, table }) => (check === 'schema' && kind === 'extra' ? [table] : [])),
    },
    instant: state.instant,
    compared: comparedSpan(state),
    provenBefore: ending === 'whole' ? null : provenBefore(state),
    ...rest,
  };
}

/** The narrowest span that is known to hold the comparison: a state of an earlier release tells neither end. */
function comparedSpan({
  clock,
  startedAt,
  comparedFrom,
  comparedTo,
  proven,
  validated,
  checks,
}: MigrateState): ComparedSpan | null {
  const to = comparedTo ?? checks.at;
  return clock === null || to === null
    ? null
    : {
        from: comparedFrom ?? startedAt,
        to,
        ...(proven === undefined ? {} : { earlier: proven }),
        ...(validated.byChecksum ? { byChecksum: validated.byChecksum } : {}),
      };
}

/** A run follows its source only once all its rows were compared and all checks held. */
function provenBefore(state: MigrateState): NonNullable<Facts['provenBefore']> | null {
  const at = state.following?.provenAt;
  return at === undefined ? null : { at, brought: broughtSinceProof(state) };
}

/** Rows that could not be carried are told apart by their check, whatever kept them. */
function isFailure(finding: Finding): boolean {
  return finding.isFailure === true && finding.check !== 'copy';
}

/** A value that the document goes without: a difference of a field would have types, a refused row no field. */
function isLoss({ check, key, field, sourceType, kind }: Finding): boolean {
  return (
    check === 'content' && key !== undefined && field !== undefined && sourceType === undefined && kind === undefined
  );
}

function checkFacts(
  request: MigrationRequest,
  state: MigrateState,
  ending: RunEnding,
  errors: readonly Finding[],
): Record<CheckName, CheckFact> {
  const isFull = request.validate === 'full';
  const failed = [...state.copied.failures, ...state.validated.failures, ...state.passed.failures];
  const failedTables = [...new Set(failed.map(({ table }) => table))];
  const unchecked = [...new Set([...failedTables, ...state.checks.unchecked])];
  const hasError = (check: Finding['check']) =>
    errors.some((finding) => finding.check === check && !isFailure(finding));
  const unplaced = Object.values(state.checks.unplaced ?? {}).some((count) => count > 0);
  const different = unplaced || sumOf(state.validated.tables, 'errors') > 0;
  const fact = (isWanted: boolean, isBroken: boolean, at: string | null, uncovered: readonly string[]): CheckFact => {
    if (!isWanted || ending !== 'whole' || at === null) return { result: 'not-run', at: null, uncovered: [] };
    const result = isBroken ? 'broken' : uncovered.length > 0 ? 'incomplete' : 'held';
    return { result, at, uncovered };
  };
  const { checks } = state;
  const compared = state.clock?.at ?? (state.clock === null ? null : state.startedAt);
  const isWhole = !request.dryRun;
  return {
    counts: fact(isWhole && (request.validate !== 'none' || request.validateOnly), checks.counts, checks.at, unchecked),
    types: fact(isWhole && isFull, state.validated.hasTypeDifference, compared, failedTables),
    indexes: fact(isWhole && isFull, checks.indexes, checks.at, unchecked),
    references: fact(isWhole && isFull, checks.references, checks.at, unchecked),
    content: fact(isWhole && isFull, different || hasError('content'), compared, failedTables),
    schema: fact(isWhole && isFull, state.shapeChanged.length > 0 || hasError('schema'), compared, []),
  };
}
