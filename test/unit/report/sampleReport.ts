import { CHECKS, type CheckFact, type CheckName, type Facts } from '../../../src/contract/facts.ts';
import type { Analysis, Finding, MigrationReport, TableTotals } from '../../../src/contract/migrationReport.ts';
import { checkResults, judge } from '../../../src/report/judge.ts';

/** Rows of the tables of an MLflow 3.17 database as the original guide counts them, with the tables that it does not know. */
const SAMPLE_ROWS: Readonly<Record<string, number>> = {
  experiments: 284,
  runs: 6013,
  metrics: 57350,
  params: 71003,
  tags: 34791,
  registered_models: 212,
  model_versions: 1164,
  latest_metrics: 18921,
  experiment_tags: 611,
  registered_model_tags: 98,
  model_version_tags: 1740,
  registered_model_aliases: 44,
  datasets: 320,
  inputs: 5011,
  input_tags: 5011,
  logged_models: 731,
  logged_model_metrics: 2210,
  logged_model_params: 4120,
  logged_model_tags: 1830,
  trace_info: 12044,
  trace_request_metadata: 48120,
  trace_tags: 30210,
  spans: 96311,
  assessments: 402,
  webhooks: 2,
  workspaces: 1,
  alembic_version: 1,
  ...Object.fromEntries(
    [
      'budget_policies endpoint_bindings endpoint_model_mappings endpoint_tags endpoints entity_associations',
      'evaluation_dataset_records evaluation_dataset_tags evaluation_datasets guardrail_configs guardrails issues job_locks',
      'jobs label_schemas mcp_access_endpoints mcp_server_aliases mcp_server_tags mcp_server_version_tags',
      'mcp_server_versions mcp_servers model_definitions online_scoring_configs review_queue_items',
      'review_queue_label_schemas review_queue_users review_queues scheduler_leases scorer_versions scorers secrets',
      'span_metrics sql_assessment_daily_rollups sql_span_cost_daily_rollups trace_metrics trace_tag_index webhook_events',
    ]
      .join(' ')
      .split(' ')
      .map((name) => [name, 0]),
  ),
};

/** Totals of a table whose rows all arrived, changed where a test needs it. */
export function tableTotals(total: number, changes: Partial<TableTotals> = {}): TableTotals {
  return { total, migrated: total, unchanged: 0, errors: 0, repaired: 0, ...changes };
}

/** An analysis of these tables: 180 bytes a row. */
export function sampleAnalysis(rows: Readonly<Record<string, number>>, changes: Partial<Analysis> = {}): Analysis {
  const totalRows = Object.values(rows).reduce((sum, count) => sum + count, 0);
  return {
    tables: Object.fromEntries(
      Object.entries(rows).map(([name, count]) => [name, { rows: count, bytes: count * 180, collection: name }]),
    ),
    totalRows,
    totalBytes: totalRows * 180,
    estimatedSeconds: 4.5,
    requestUnits: null,
    ...changes,
  };
}

/** Every check with the same outcome, changed where a test needs it. */
export function sampleChecks(
  result: CheckFact['result'],
  changes: Partial<Record<CheckName, Partial<CheckFact>>> = {},
): Record<CheckName, CheckFact> {
  const at = result === 'held' ? '2026-11-24T00:23:07.000Z' : null;
  return Object.fromEntries(
    CHECKS.map((name) => [name, { result, at, uncovered: [], ...changes[name] }]),
  ) as unknown as Record<CheckName, CheckFact>;
}

/** Facts of a migration that went well. */
export function sampleFacts(changes: Partial<Facts> = {}): Facts {
  return {
    kind: 'migration',
    ending: 'whole',
    validate: 'full',
    only: { tables: null, workspace: null },
    problems: [],
    checks: sampleChecks('held'),
    rows: { total: 9, migrated: 9, errors: 0, migratedBy: 'compared' },
    errorFindings: 0,
    carryFindings: 0,
    failureFindings: 0,
    mayHaveWritten: (changes.kind ?? 'migration') === 'migration',
    orphansAsInSource: 0,
    unseenReferences: [],
    schema: { changed: [], leftover: [] },
    instant: null,
    compared: { from: '2026-11-24T00:23:05.300Z', to: '2026-11-24T00:23:07.100Z' },
    deleted: {},
    sharedCollections: [],
    ...changes,
  };
}

/** What a test changes: parts of the report, and facts that its verdict follows from. */
type ReportChanges = Partial<Omit<MigrationReport, 'verdict' | 'status' | 'consistentAt' | 'validation'>> & {
  readonly facts?: Partial<Facts>;
  readonly findings?: readonly Finding[];
};

/** The report of a migration of these tables that went well, changed where a test needs it; the verdict follows from facts. */
export function sampleReport(
  { facts: changedFacts = {}, findings = [], ...changes }: ReportChanges = {},
  rows: Readonly<Record<string, number>> = SAMPLE_ROWS,
): MigrationReport {
  const tables =
    changes.tables ?? Object.fromEntries(Object.entries(rows).map(([name, count]) => [name, tableTotals(count)]));
  const sum = (count: (totals: TableTotals) => number) =>
    Object.values(tables).reduce((all, totals) => all + count(totals), 0);
  const analysis = sampleAnalysis(rows);
  const totals = { total: sum((t) => t.total), migrated: sum((t) => t.migrated), errors: sum((t) => t.errors) };
  const facts = sampleFacts({
    rows: { ...totals, migratedBy: 'compared' },
    problems: changes.problems ?? [],
    ending: (changes.problems ?? []).length > 0 ? 'failed' : 'whole',
    validate: changes.settings?.validate ?? 'full',
    ...changedFacts,
  });
  const verdict = judge(facts);
  return {
    schemaVersion: 1,
    id: 'migration-nightly-2026-11-24',
    kind: facts.kind,
    status: verdict.status,
    layout: 'tables',
    dryRun: facts.kind === 'analysis',
    source: 'pg.internal:5432/mlflow',
    target: 'mongo.internal:27017/mlflow_migrated',
    tables,
    totals,
    validation: { ...checkResults(verdict), findings },
    throttled: 0,
    requestUnits: null,
    seconds: { total: 4.2, copy: 2.9, indexes: 0.4, validate: 0.8 },
    reports: {
      json: '.mlflow-migrate/reports/migration-nightly-2026-11-24/report.json',
      text: '.mlflow-migrate/reports/migration-nightly-2026-11-24/report.txt',
      html: '.mlflow-migrate/reports/migration-nightly-2026-11-24/report.html',
    },
    startedAt: '2026-11-24T00:23:03.120Z',
    finishedAt: '2026-11-24T00:23:07.320Z',
    environment: {
      program: 'mlflow-migrate 0.1.0',
      node: 'v24.21.0',
      postgres: '18.4',
      target: '8.0.5',
      flavour: 'mongodb',
      schema: 'public',
      revision: 'dc11669786a5',
      mlflowRelease: '3.17',
    },
    settings: { batchSize: 'auto', validate: facts.validate, parallel: 4, tables: null, workspace: null },
    bytes: analysis.totalBytes,
    analysis,
    findingsOmitted: 0,
    problems: facts.problems,
    consistentAt: verdict.equalUpTo,
    instant: facts.instant,
    compared: facts.compared,
    deleted: facts.deleted,
    sharedCollections: facts.sharedCollections,
    wouldChange: null,
    verdict,
    ...changes,
  };
}

/** Thirty findings of every sort, the last one a note. */
function sampleFindings(): Finding[] {
  return Array.from({ length: 30 }, (_, index): Finding => {
    const key = `${(index * 7919).toString(16).padStart(8, '0')}a94a8fe5ccb19ba61c4c0873`;
    if (index === 29) {
      return {
        severity: 'note',
        check: 'schema',
        table: 'spans',
        field: 'search',
        sourceType: 'tsvector',
        targetType: 'string',
        message: 'Column has no BSON counterpart and was kept as its PostgreSQL text',
      };
    }
    if (index % 3 === 0) {
      return {
        severity: 'error',
        check: 'copy',
        table: 'spans',
        key: `tr-${key}:${key.slice(0, 16)}`,
        message: 'Document of 17.4 MB is over the limit of the target (16.8 MB)',
      };
    }
    if (index % 3 === 1) {
      return {
        severity: 'error',
        check: 'content',
        table: 'metrics',
        key: `${key}:val_loss:${index}`,
        field: 'value',
        sourceType: 'float8',
        targetType: 'int32',
        message: 'Value differs after one repair',
      };
    }
    return {
      severity: 'error',
      check: 'references',
      table: 'params',
      key,
      field: 'run_uuid',
      message: 'Refers to a run that is not in the target',
    };
  });
}

const FAULTY_CHECKS = sampleChecks('held', {
  counts: { result: 'broken' },
  types: { result: 'broken' },
  references: { result: 'broken' },
  content: { result: 'broken', uncovered: ['trace_tags'] },
  schema: { result: 'incomplete', uncovered: ['trace_tags'] },
});

/** A migration that came to its end with thirty findings of every sort, and 118 that are not listed. */
export function faultyReport(): MigrationReport {
  return sampleReport({
    tables: faultyTables(),
    findings: sampleFindings(),
    findingsOmitted: 118,
    facts: {
      checks: FAULTY_CHECKS,
      errorFindings: 147,
      carryFindings: 10,
      orphansAsInSource: 1234,
      deleted: { tags: { count: 60, keys: ['a:1', 'a:2'] }, runs: { count: 1, keys: ['r'] } },
      sharedCollections: ['webhooks'],
    },
  });
}

function faultyTables(): Record<string, TableTotals> {
  return Object.fromEntries(
    Object.entries(SAMPLE_ROWS).map(([name, total]) => {
      if (name === 'spans') return [name, tableTotals(total, { migrated: total - 10, errors: 10 })];
      if (name === 'trace_tags') return [name, tableTotals(total, { migrated: 11204 })];
      if (name === 'metrics') return [name, tableTotals(total, { unchanged: 40000, repaired: 17 })];
      return [name, tableTotals(total)];
    }),
  );
}

/** A migration that two problems ended, with the same findings. */
export function failedReport(): MigrationReport {
  const tables = faultyTables();
  const sum = (count: (totals: TableTotals) => number) =>
    Object.values(tables).reduce((all, totals) => all + count(totals), 0);
  return sampleReport({
    tables,
    findings: sampleFindings(),
    facts: {
      rows: {
        total: sum((t) => t.total),
        migrated: sum((t) => t.migrated),
        errors: sum((t) => t.errors),
        migratedBy: 'counted-in-target',
      },
      checks: sampleChecks('not-run'),
      errorFindings: 147,
      carryFindings: 10,
    },
    findingsOmitted: 118,
    throttled: 4312,
    requestUnits: 1_812_345.6,
    seconds: { total: 4211, copy: 3900, indexes: 61, validate: 190 },
    problems: [
      {
        kind: 'target-throttled',
        message: 'No request was accepted by account.mongo.cosmos.azure.com:10255 for 15 minutes (16500)',
        hint: 'Raise the throughput of the target, then go on with --resume',
      },
      {
        kind: 'source-unreachable',
        message: 'Connection to pg.internal:5432 was closed by the server (57P01)',
        hint: 'Check host, port, firewall and that PostgreSQL is running',
      },
    ],
    target: 'account.mongo.cosmos.azure.com:10255/mlflow_migrated',
    environment: {
      program: 'mlflow-migrate 0.1.0',
      node: 'v24.21.0',
      postgres: '16.9 (Azure Database for PostgreSQL)',
      target: '7.0.0',
      flavour: 'cosmos-ru',
      schema: 'mlflow',
      revision: 'dc11669786a5',
      mlflowRelease: '3.17',
    },
  });
}

/** A dry run against an account with request units. */
export function dryRunReport(): MigrationReport {
  return sampleReport({
    facts: {
      kind: 'analysis',
      checks: sampleChecks('not-run'),
      rows: { total: 398_555, migrated: 0, errors: 0, migratedBy: 'nothing-written' },
    },
    tables: {},
    seconds: { total: 0.6, copy: 0, indexes: 0, validate: 0 },
    bytes: 0,
    target: 'account.mongo.cosmos.azure.com:10255/mlflow_migrated',
    analysis: sampleAnalysis(SAMPLE_ROWS, {
      estimatedSeconds: 4530,
      requestUnits: {
        total: 1_812_345,
        provisioned: 400,
        seconds: 4530,
        meaning:
          'At 400 RU/s the copy takes about 1 h 16 min, whatever the network does; at 4,000 RU/s it would take about 8 minutes.',
      },
    }),
  });
}
