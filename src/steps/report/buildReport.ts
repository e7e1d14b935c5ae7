import { ARTIFACT_SURVEY } from '../../contract/artifactSurvey.ts';
import type { CheckFact } from '../../contract/facts.ts';
import { isCharged } from '../../contract/flavour.ts';
import type { MigrateState } from '../../contract/migrateState.ts';
import { type Analysis, type MigrationReport, REPORT_SCHEMA_VERSION } from '../../contract/migrationReport.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { ReportInput } from '../../contract/steps/writeReport.ts';
import { mlflowRelease } from '../../mlflow/schema/mlflowRelease.ts';
import { afterCutover } from '../../report/afterCutover.ts';
import { checkResults, judge } from '../../report/judge.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { PROGRAM } from '../../runtime/program.ts';
import { storedLoad } from '../../runtime/readProgress.ts';
import { readRests } from '../../runtime/readRests.ts';
import { getIfReadable } from '../../runtime/records.ts';
import type { Services } from '../../runtime/services.ts';
import { analysePlan } from './analysePlan.ts';
import { countReportedRows } from './countReportedRows.ts';
import { gatherFacts } from './gatherFacts.ts';
import { phaseSeconds } from './phaseSeconds.ts';
import { type RecalledWork, type ReportedRun, recallWork } from './recallWork.ts';
import { cancellation, deletedDocuments, displays, sharedCollections } from './reportCircumstances.ts';
import { reportDigests } from './reportDigests.ts';
import { reportFindings, unlistedFindings } from './reportFindings.ts';

/** Findings that a report lists; more are counted. */
const MAX_FINDINGS = 500;

const NO_ANALYSIS: Analysis = { tables: {}, totalRows: 0, totalBytes: 0, estimatedSeconds: 0, requestUnits: null };

/** Gathers what is known of a run, has it judged, and builds its report; `content` is the fact that the content check came to. */
export async function buildReport(
  services: Services,
  { id, request, state: last, finishedAt }: ReportInput,
  signal: AbortSignal,
): Promise<{ readonly report: MigrationReport; readonly content: CheckFact }> {
  const recalled = await recallWork(services, { id, request, state: last });
  const { planned } = recalled;
  const state = knowing(last, recalled);
  const run: ReportedRun = { id, request, state };
  const counted = await countReportedRows(services, run, recalled, signal);
  const { tables } = counted;
  const findings = await reportFindings(services, run, planned);
  const unlisted = unlistedFindings(request, state);
  const facts = gatherFacts(
    run,
    counted,
    { findings, unlisted },
    {
      deleted: await deletedDocuments(services, id),
      sharedCollections: await sharedCollections(services, run, planned),
      cancelled: await cancellation(services, run),
      unseenReferences: [
        ...new Set((planned?.layout.notes ?? []).flatMap(({ unseenReference }) => unseenReference ?? [])),
      ],
    },
  );
  const verdict = judge(facts);
  const validation = { ...checkResults(verdict), findings: findings.slice(0, MAX_FINDINGS) };
  const ends = await displays(services, request, planned);
  // Of steps that were killed nothing is known but what their processes had stored.
  const load = await storedLoad(services.blobs, id);
  const isChargedPlan = planned !== null && isCharged(planned.plan.flavour);
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
    throttled: Math.max(load.throttled, ofSteps(state, 'throttled')),
    requestUnits: isChargedPlan ? Math.round(Math.max(load.requestUnits, ofSteps(state, 'requestUnits'))) : null,
    seconds: phaseSeconds(state, finishedAt, await readRests(services.blobs, id, services.workClock(id).spans)),
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
      exclude: request.exclude,
      workspace: request.workspace,
      experiments: request.experiments,
      ...(request.artifacts.length === 0 ? {} : { artifacts: request.artifacts }),
    },
    bytes: state.copied.bytes,
    analysis: planned === null ? NO_ANALYSIS : analysePlan(planned.plan, planned.layout),
    ...(request.artifacts.length === 0
      ? {}
      : { artifacts: await getIfReadable(services.blobs, blobPaths.artifacts(id), ARTIFACT_SURVEY) }),
    findingsOmitted: Math.max(0, findings.length - MAX_FINDINGS) + unlisted[0] + unlisted[1] + unlisted[2],
    problems: facts.problems,
    consistentAt: verdict.equalUpTo,
    instant: facts.instant,
    compared: facts.compared,
    deleted: facts.deleted,
    sharedCollections: facts.sharedCollections,
    digests: reportDigests(run, planned),
    wouldChange: wouldChange(request, state),
    ...(verdict.good && facts.instant?.quietSince !== undefined
      ? { afterCutover: afterCutover({ layout: request.layout, ...ends, isCharged: isChargedPlan }) }
      : {}),
    verdict,
  };
  return { report, content: facts.checks.content };
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

/** What the steps that ended have told of their load on the target. */
function ofSteps({ copied, validated, passed }: MigrateState, load: 'throttled' | 'requestUnits'): number {
  return copied[load] + validated[load] + passed[load];
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
