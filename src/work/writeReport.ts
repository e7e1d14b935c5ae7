import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import { MARKER_TABLES } from '../mlflow/layouts/tables.ts';
import { mlflowRelease } from '../mlflow/releases.ts';
import type { MigrateOutput, MigrateState } from '../orchestrators/messages.ts';
import {
  type Analysis,
  type CheckResult,
  type Finding,
  type MigrationOutcome,
  type MigrationReport,
  REPORT_SCHEMA_VERSION,
  type TableTotals,
} from '../report/model.ts';
import { renderHtml } from '../report/renderHtml.ts';
import { renderJson } from '../report/renderJson.ts';
import { renderText } from '../report/renderText.ts';
import { getJson } from '../storage/blobs.ts';
import { blobPaths } from './blobPaths.ts';
import { analysePlan } from './makePlan.ts';
import { PROGRAM } from './program.ts';
import type { PlannedWork, Workplace } from './workplace.ts';

/** Findings that a report lists; more are counted. */
const MAX_FINDINGS = 500;

export interface ReportInput {
  readonly id: string;
  readonly request: MigrationRequest;
  readonly state: MigrateState;
  readonly finishedAt: string;
}

/** Builds the report and stores its three renderings. */
export async function writeReport(workplace: Workplace, input: ReportInput): Promise<MigrateOutput> {
  const { id, state } = input;
  const planned = state.plan === null ? null : await workplace.planned(id, state.plan.stamp);
  const report = await buildReport(workplace, input, planned);
  await workplace.blobs.put(blobPaths.report(id, 'json'), renderJson(report), 'application/json');
  await workplace.blobs.put(blobPaths.report(id, 'text'), renderText(report), 'text/plain; charset=utf-8');
  await workplace.blobs.put(blobPaths.report(id, 'html'), renderHtml(report), 'text/html; charset=utf-8');
  return {
    status: report.status,
    startedAt: report.startedAt,
    finishedAt: report.finishedAt,
    source: report.source,
    target: report.target,
    tables: report.tables,
    throttled: report.throttled,
    requestUnits: report.requestUnits,
    problems: report.problems,
  };
}

async function buildReport(
  workplace: Workplace,
  { id, request, state, finishedAt }: ReportInput,
  planned: PlannedWork | null,
): Promise<MigrationReport> {
  const tables = planned === null ? {} : tableTotals(request, state, planned);
  const findings = await allFindings(workplace, id, state, planned);
  const totals = Object.values(tables).reduce(
    (sum, table) => ({
      total: sum.total + table.total,
      migrated: sum.migrated + table.migrated,
      errors: sum.errors + table.errors,
    }),
    { total: 0, migrated: 0, errors: 0 },
  );
  const validation = { ...checkResults(request, state, findings), findings: findings.slice(0, MAX_FINDINGS) };
  const ends = await displays(workplace, request, planned);
  const problems = state.isCancelled ? state.problems.filter(({ kind }) => kind !== 'interrupted') : state.problems;
  const status = outcome(state, totals.errors, findings);
  const route = `/api/migrations/${id}/report`;
  return {
    schemaVersion: REPORT_SCHEMA_VERSION,
    id,
    status,
    layout: request.layout,
    dryRun: request.dryRun,
    ...ends,
    tables,
    totals,
    validation,
    throttled: state.copied.throttled + state.validated.throttled,
    requestUnits: planned?.plan.flavour === 'cosmos-ru' ? Math.round(state.copied.requestUnits) : null,
    seconds: {
      total: Math.max(0, (Date.parse(finishedAt) - Date.parse(state.startedAt)) / 1000),
      ...state.seconds,
    },
    reports: { json: route, text: `${route}?format=text`, html: `${route}?format=html` },
    startedAt: state.startedAt,
    finishedAt,
    environment: {
      program: PROGRAM,
      node: process.version,
      postgres: planned?.plan.postgresVersion ?? 'unknown',
      target: planned?.plan.targetVersion ?? 'unknown',
      flavour: planned?.plan.flavour ?? 'mongodb',
      schema: planned?.plan.schema.schema ?? 'unknown',
      revision: planned?.plan.schema.revisions.join(', ') || null,
      mlflowRelease: mlflowRelease(planned?.plan.schema.revisions ?? []),
    },
    settings: {
      batchSize: request.batchSize,
      validate: request.validate,
      parallel: request.parallel ?? state.lanes,
      tables: request.tables,
      workspace: request.workspace,
    },
    bytes: state.copied.bytes,
    analysis: planned === null ? NO_ANALYSIS : analysePlan(planned.plan, planned.layout),
    findingsOmitted: Math.max(0, findings.length - MAX_FINDINGS),
    problems,
    consistentAt: state.consistentAt,
  };
}

const NO_ANALYSIS: Analysis = { tables: {}, totalRows: 0, totalBytes: 0, estimatedSeconds: 0, requestUnits: null };

/** Rows by table. Where every row was compared, the comparison is the truth; otherwise what the copy counted. */
function tableTotals(
  request: MigrationRequest,
  state: MigrateState,
  { plan }: PlannedWork,
): Record<string, TableTotals> {
  const failedTables = new Set(state.copied.failures.map(({ table }) => table));
  const uncompared = new Set(state.validated.failures.map(({ table }) => table));
  const isCompared =
    request.validate === 'full' && !request.dryRun && state.problems.length === 0 && !state.isCancelled;
  const isPrepared =
    !request.dryRun &&
    (Object.keys({ ...state.copied.tables, ...state.validated.tables }).length > 0 || plan.collections.length === 0);
  const result: Record<string, TableTotals> = {};
  for (const [table, planned] of Object.entries(plan.tableRows)) {
    if (MARKER_TABLES.has(table)) {
      const migrated = isPrepared ? planned : 0;
      result[table] = { total: planned, migrated, unchanged: state.wasMarked ? migrated : 0, errors: 0, repaired: 0 };
      continue;
    }
    const [copied, unchanged, copyErrors] = state.copied.tables[table] ?? [0, 0, 0, 0];
    const [equal, , different, repaired] = state.validated.tables[table] ?? [0, 0, 0, 0];
    if (failedTables.has(table)) {
      result[table] = {
        total: planned,
        migrated: copied,
        unchanged,
        errors: Math.max(planned - copied, copyErrors),
        repaired,
      };
    } else if (isCompared && !uncompared.has(table)) {
      // Rows that came or went while the migration ran: the last count of the source says how many there are.
      const total = state.rows[table] ?? equal + different;
      const migrated = Math.max(0, total - different);
      // Where nothing was copied, what needed no repair stood there before.
      const stood = request.catchUp || request.validateOnly ? Math.max(0, migrated - repaired) : unchanged;
      result[table] = { total, migrated, unchanged: Math.min(stood, migrated), errors: different, repaired };
    } else {
      result[table] = { total: planned, migrated: copied, unchanged, errors: copyErrors, repaired };
    }
  }
  return result;
}

function checkResults(
  request: MigrationRequest,
  state: MigrateState,
  findings: readonly Finding[],
): Record<'counts' | 'types' | 'indexes' | 'references' | 'content', CheckResult> {
  const isDone = !request.dryRun && state.problems.length === 0 && !state.isCancelled;
  const result = (isWanted: boolean, hasFailed: boolean): CheckResult =>
    !isDone || !isWanted ? 'skipped' : hasFailed ? 'failed' : 'ok';
  const isFull = request.validate === 'full';
  const different = Object.values(state.validated.tables).some((counts) => counts[2] > 0);
  return {
    counts: result(request.validate !== 'none', state.checks.counts),
    types: result(isFull, state.validated.hasTypeDifference),
    indexes: result(isFull, state.checks.indexes),
    references: result(isFull, state.checks.references),
    content: result(
      isFull,
      different || findings.some(({ check, severity }) => check === 'content' && severity === 'error'),
    ),
  };
}

function outcome(state: MigrateState, errors: number, findings: readonly Finding[]): MigrationOutcome {
  if (state.isCancelled) return 'cancelled';
  if (state.problems.length > 0) return 'failed';
  return errors > 0 || findings.some(({ severity }) => severity === 'error') ? 'completed-with-errors' : 'completed';
}

/** Findings of all steps: errors first; a row that could not be copied is told once. */
async function allFindings(
  workplace: Workplace,
  id: string,
  state: MigrateState,
  planned: PlannedWork | null,
): Promise<Finding[]> {
  const failures = (check: Finding['check'], of: MigrateState['copied']['failures']) =>
    of.map(
      ({ table, problem }): Finding => ({
        severity: 'error',
        check,
        table,
        message: `${problem.message}. ${problem.hint}`,
      }),
    );
  const findings = [...failures('copy', state.copied.failures), ...failures('content', state.validated.failures)];
  const seen = new Set<string>();
  for (const path of await workplace.blobs.list(blobPaths.findings(id))) {
    for (const finding of (await getJson<Finding[]>(workplace.blobs, path)) ?? []) {
      const row =
        finding.key === undefined ? null : JSON.stringify([finding.table, finding.key, finding.field ?? null]);
      if (row !== null && seen.has(row)) continue;
      if (row !== null) seen.add(row);
      findings.push(finding);
    }
  }
  const notes = (planned?.layout.notes ?? []).map((note): Finding => ({ severity: 'note', check: 'schema', ...note }));
  const all = [...findings, ...notes];
  return [...all.filter(({ severity }) => severity === 'error'), ...all.filter(({ severity }) => severity === 'note')];
}

/** Names of both ends, also for a migration that failed before it had a plan. */
async function displays(
  workplace: Workplace,
  request: MigrationRequest,
  planned: PlannedWork | null,
): Promise<{ source: string; target: string }> {
  if (planned !== null) return { source: planned.plan.source, target: planned.plan.target };
  const [source, target] = await Promise.allSettled([
    workplace.connections.source(request.source),
    workplace.connections.target(request.destination),
  ]);
  return {
    source: source.status === 'fulfilled' ? source.value.display : 'unknown',
    target: target.status === 'fulfilled' ? target.value.display : 'unknown',
  };
}
