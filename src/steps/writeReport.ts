import type { CheckFact, DeletedDocuments } from '../contract/facts.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { MigrateOutput } from '../contract/migration.ts';
import type { MigrationRequest } from '../contract/migrationRequest.ts';
import {
  type Analysis,
  type Finding,
  type MigrationReport,
  REPORT_SCHEMA_VERSION,
  type Unlisted,
} from '../contract/reportModel.ts';
import type { ReportInput } from '../contract/steps/writeReport.ts';
import { mlflowRelease } from '../mlflow/schema/releases.ts';
import { renderHtml } from '../report/renderHtml.ts';
import { renderJson } from '../report/renderJson.ts';
import { renderText } from '../report/renderText.ts';
import { checkResults, judge } from '../report/verdict.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { REPORT_TYPES } from '../runtime/earlierReports.ts';
import { ifReadable } from '../runtime/ifReadable.ts';
import { readWord } from '../runtime/operatorWord.ts';
import { PROGRAM } from '../runtime/program.ts';
import { storedLoad } from '../runtime/readProgress.ts';
import type { PlannedWork, Services } from '../runtime/services.ts';
import { getJson } from '../storage/blobs.ts';
import { addUnlisted, mostUnlisted } from '../validation/findingList.ts';
import { countStanding } from './countStanding.ts';
import { gatherFacts } from './gatherFacts.ts';
import { analysePlan } from './makePlan.ts';
import { type RecalledWork, recallWork } from './recallWork.ts';
import { type CountedTables, tableTotals } from './tableTotals.ts';

/** Findings that a report lists; more are counted. */
const MAX_FINDINGS = 500;
/** Keys of deleted documents that a report lists for each table. */
const MAX_DELETED_KEYS = 50;

/** Builds the report and stores its three renderings. */
export async function writeReport(services: Services, input: ReportInput): Promise<MigrateOutput> {
  const { id, state } = input;
  const { report, content } = await buildReport(services, input);
  await services.blobs.put(blobPaths.report(id, 'json'), renderJson(report), REPORT_TYPES.json);
  await services.blobs.put(blobPaths.report(id, 'text'), renderText(report), REPORT_TYPES.text);
  await services.blobs.put(blobPaths.report(id, 'html'), renderHtml(report), REPORT_TYPES.html);
  return {
    status: report.status,
    startedAt: report.startedAt,
    finishedAt: report.finishedAt,
    source: report.source,
    target: report.target,
    tables: report.tables,
    validated: validatedRows(input.request, report, content),
    throttled: report.throttled,
    requestUnits: report.requestUnits,
    problems: report.problems,
    endedIn: state.endedIn,
  };
}

/** Rows that the content check has seen equal; none where it did not come to its end, whatever stands in the target. */
function validatedRows(
  { validate, dryRun }: MigrationRequest,
  { tables }: MigrationReport,
  { result, uncovered }: CheckFact,
): Record<string, number> | null {
  if (validate !== 'full' || dryRun) return null;
  const isCovered = (table: string) => result !== 'not-run' && !uncovered.includes(table);
  return Object.fromEntries(
    Object.entries(tables).map(([table, { migrated }]) => [table, isCovered(table) ? migrated : 0]),
  );
}

async function buildReport(
  services: Services,
  { id, request, state: last, finishedAt }: ReportInput,
): Promise<{ readonly report: MigrationReport; readonly content: CheckFact }> {
  const recalled = await recallWork(services, { id, request, state: last });
  const { planned } = recalled;
  const state = knowing(last, recalled);
  const counted = await countTables(services, { id, request, state }, recalled);
  const { tables } = counted;
  const all = await allFindings(services, id, state, planned, request.validateOnly);
  const findings = request.dryRun ? [...consentNotes(state), ...ofDryRun(all)] : all;
  const unlisted = unlistedFindings(request, state);
  const facts = gatherFacts(request, state, counted, findings, unlisted, {
    deleted: await deletedDocuments(services, id),
    sharedCollections: await sharedCollections(services, id, request, state, planned),
    cancelled: await cancellation(services, id, state),
    unseenReferences: [
      ...new Set((planned?.layout.notes ?? []).flatMap(({ unseenReference }) => unseenReference ?? [])),
    ],
  });
  const verdict = judge(facts);
  const validation = { ...checkResults(verdict), findings: findings.slice(0, MAX_FINDINGS) };
  const ends = await displays(services, request, planned);
  // Of steps that were killed nothing is known but what their processes had stored.
  const load = await storedLoad(services.blobs, id);
  const route = `/api/migrations/${id}/report`;
  const report: MigrationReport = {
    schemaVersion: REPORT_SCHEMA_VERSION,
    id,
    kind: facts.kind,
    status: verdict.status,
    layout: request.layout,
    dryRun: request.dryRun,
    ...ends,
    tables,
    totals: { total: facts.rows.total, migrated: facts.rows.migrated, errors: facts.rows.errors },
    validation,
    throttled: Math.max(load.throttled, stepsThrottled(state)),
    requestUnits:
      planned?.plan.flavour === 'cosmos-ru' ? Math.round(Math.max(load.requestUnits, state.copied.requestUnits)) : null,
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
    findingsOmitted: Math.max(0, findings.length - MAX_FINDINGS) + unlisted[0] + unlisted[1] + unlisted[2],
    problems: facts.problems,
    consistentAt: verdict.equalUpTo,
    instant: facts.instant,
    compared: facts.compared,
    deleted: facts.deleted,
    sharedCollections: facts.sharedCollections,
    wouldChange: wouldChange(request, state),
    verdict,
  };
  return { report, content: facts.checks.content };
}

/** Did it come through all its steps? */
function isWhole({ problems, isCancelled }: MigrateState): boolean {
  return problems.length === 0 && !isCancelled;
}

/** The state with what was recalled: without its plan no run is whole. */
function knowing(state: MigrateState, { writer, mayHaveCopied, problem }: RecalledWork): MigrateState {
  const isTold = problem === null || state.problems.some(({ message }) => message === problem.message);
  return {
    ...state,
    writer,
    mayHaveClaimed: state.mayHaveClaimed || mayHaveCopied,
    problems: isTold ? state.problems : [...state.problems, problem],
  };
}

/** Rows by table: as they were seen or counted, or, where nobody can say that, as the work told them last. */
async function countTables(
  services: Services,
  { id, request, state }: { readonly id: string; readonly request: MigrationRequest; readonly state: MigrateState },
  { planned, writer, mayHaveCopied, told }: RecalledWork,
): Promise<CountedTables> {
  const unknown: CountedTables = { tables: totalsOf(told), migratedBy: 'not-counted', uncounted: [] };
  if (planned === null) return mayHaveCopied ? unknown : { ...unknown, tables: {}, migratedBy: 'nothing-written' };
  if (writer === null) return mayHaveCopied ? unknown : tableTotals(request, state, planned.plan, null);
  const standing = isWhole(state) ? null : await countStanding(services, { id, request, writer }, planned);
  const counted = tableTotals(request, state, planned.plan, standing);
  if (isWhole(state) || standing !== null) return counted;
  // The state of a run that Durable ended, or that was begun again, lacks what was acknowledged since.
  const acknowledged = Object.values(counted.tables).reduce((sum, { migrated }) => sum + migrated, 0);
  return Object.values(told).reduce((sum, { copied }) => sum + copied, 0) > acknowledged ? unknown : counted;
}

function totalsOf(told: RecalledWork['told']): CountedTables['tables'] {
  return Object.fromEntries(
    Object.entries(told).map(([table, { total, copied, errors }]) => {
      return [table, { total, migrated: copied, unchanged: 0, errors, repaired: 0 }];
    }),
  );
}

/** The word that a cancelled run was ended by; what Durable itself has ended has none, and tells its cause among the problems. */
async function cancellation(
  { blobs }: Services,
  id: string,
  { isCancelled }: MigrateState,
): Promise<{ readonly at: string | null; readonly by: string | null } | null> {
  if (!isCancelled) return null;
  const said = await ifReadable(readWord(blobs, id));
  return said instanceof Error || said.word !== 'cancel' ? null : { at: said.at, by: said.by };
}

/** What a dry run finds different is what a migration would do: no fault of anything. What it could not look at is worth a note. */
function ofDryRun(findings: readonly Finding[]): Finding[] {
  return findings.flatMap((finding): Finding[] => {
    if (finding.severity === 'note') return [finding];
    return finding.isFailure === true ? [{ ...finding, severity: 'note' }] : [];
  });
}

function stepsThrottled({ copied, validated, passed }: MigrateState): number {
  return copied.throttled + validated.throttled + passed.throttled;
}

/** Findings that the steps have counted and not listed. The copy and the comparison meet the same rows: no more than either of them knows. */
function unlistedFindings(request: MigrationRequest, state: MigrateState): Unlisted {
  const copied = state.copied.unlisted ?? {};
  const compared = state.validated.unlisted ?? {};
  let sum: Unlisted = [state.checks.unlisted ?? 0, 0, 0];
  for (const table of new Set([...Object.keys(copied), ...Object.keys(compared)])) {
    sum = addUnlisted(sum, mostUnlisted(copied[table], compared[table]));
  }
  return request.dryRun ? [0, 0, sum[2]] : sum;
}

/** What a migration would insert, replace and delete, by table; null where that was not looked for. */
function wouldChange(request: MigrationRequest, state: MigrateState): MigrationReport['wouldChange'] {
  if (!request.dryRun || state.clock === null) return null;
  const toWrite = state.validated.toWrite ?? {};
  // Tables that were compared have a line of their own, also where nothing differs.
  const tables = new Set([
    ...Object.keys(state.validated.tables),
    ...Object.keys(toWrite),
    ...Object.keys(state.vanished),
  ]);
  return Object.fromEntries(
    [...tables].map((table) => {
      const [inserted, replaced] = toWrite[table] ?? [0, 0];
      return [table, { inserted, replaced, deleted: state.vanished[table] ?? 0 }];
    }),
  );
}

/** That the migration would stop for the operator's consent, as a dry run found. */
function consentNotes({ vanished, wouldRefuse }: MigrateState): Finding[] {
  if (wouldRefuse === undefined || wouldRefuse === null) return [];
  const table = Object.keys(vanished)
    .filter((name) => (vanished[name] ?? 0) > 0)
    .join(', ');
  const message = `A migration would stop before it deletes: ${wouldRefuse.message}. ${wouldRefuse.hint}`;
  return [{ severity: 'note', check: 'counts', table, message }];
}

const NO_ANALYSIS: Analysis = { tables: {}, totalRows: 0, totalBytes: 0, estimatedSeconds: 0, requestUnits: null };

/** Keys of documents that the steps of this run have deleted, by table. */
async function deletedDocuments(services: Services, id: string): Promise<Record<string, DeletedDocuments>> {
  const all: Record<string, DeletedDocuments> = {};
  for (const path of await services.blobs.list(blobPaths.deleted(id))) {
    const step = (await getJson<Record<string, DeletedDocuments>>(services.blobs, path)) ?? {};
    for (const [table, { count, keys }] of Object.entries(step)) {
      const before = all[table] ?? { count: 0, keys: [] };
      all[table] = { count: before.count + count, keys: [...before.keys, ...keys].slice(0, MAX_DELETED_KEYS) };
    }
  }
  return all;
}

/** Collections of this run that hold other data as well. */
async function sharedCollections(
  services: Services,
  id: string,
  request: MigrationRequest,
  state: MigrateState,
  planned: PlannedWork | null,
): Promise<readonly string[]> {
  if (planned === null) return [];
  const { writer } = state;
  if (writer !== null && isWhole(state)) return await services.sharedCollections(id, writer);
  // A run that did not come to its end has its report also where the record of its claim is lost.
  if (writer !== null) return await services.sharedCollections(id, writer).catch(() => []);
  const own = new Set(planned.layout.collections.map(({ collection }) => collection));
  return request.validateOnly ? planned.plan.shared.filter((name) => own.has(name)) : [];
}

/** Findings of all steps: errors first; a row that could not be copied is told once. */
async function allFindings(
  services: Services,
  id: string,
  state: MigrateState,
  planned: PlannedWork | null,
  isComparison: boolean,
): Promise<Finding[]> {
  const failures = (check: Finding['check'], of: MigrateState['copied']['failures']) =>
    of.map(
      ({ table, problem }): Finding => ({
        severity: 'error',
        check,
        table,
        isFailure: true,
        message: `${problem.message}. ${problem.hint}`,
      }),
    );
  // A comparison carries nothing: a table that cannot be read was not looked at.
  const copy = isComparison ? 'content' : 'copy';
  const findings = [...failures(copy, state.copied.failures), ...failures('content', state.validated.failures)];
  const seen = new Set<string>();
  for (const path of await services.blobs.list(blobPaths.findings(id))) {
    for (const finding of (await getJson<Finding[]>(services.blobs, path)) ?? []) {
      const row =
        finding.key === undefined ? null : JSON.stringify([finding.table, finding.key, finding.field ?? null]);
      if (row !== null && seen.has(row)) continue;
      if (row !== null) seen.add(row);
      findings.push(finding);
    }
  }
  for (const table of state.problems.length > 0 || state.isCancelled ? [] : state.shapeChanged) {
    const message =
      'The table was changed, replaced or restored while it was migrated, again after it was read anew: what stands in it now was not compared';
    findings.push({ severity: 'error', check: 'schema', table, message });
  }
  const notes = (planned?.layout.notes ?? []).map(({ unseenReference, ...note }): Finding => {
    return { severity: 'note', check: unseenReference === undefined ? 'schema' : 'references', ...note };
  });
  const all = [...findings, ...notes];
  return [...all.filter(({ severity }) => severity === 'error'), ...all.filter(({ severity }) => severity === 'note')];
}

/** Names of both ends, also for a migration that failed before it had a plan. */
async function displays(
  services: Services,
  request: MigrationRequest,
  planned: PlannedWork | null,
): Promise<{ source: string; target: string }> {
  if (planned !== null) return { source: planned.plan.source, target: planned.plan.target };
  const [source, target] = await Promise.allSettled([
    services.connections.source(request.source),
    services.connections.target(request.destination),
  ]);
  return {
    source: source.status === 'fulfilled' ? source.value.display : 'unknown',
    target: target.status === 'fulfilled' ? target.value.display : 'unknown',
  };
}
