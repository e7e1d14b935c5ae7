import type { Analysis, Finding, MigrationReport, TableTotals } from './model.ts';

/**
 * The report as indented JSON with a line break at the end. Fields stand in the order of the contract (design §1) and only
 * those that the report's type names: whatever else hangs on the object, a connection say, does not get out.
 */
export function renderJson(report: MigrationReport): string {
  return `${JSON.stringify(inContractOrder(report), null, 2)}\n`;
}

/** Written out by hand: the compiler tells when the report's type has a field that is missing here. */
function inContractOrder(report: MigrationReport): MigrationReport {
  const { validation, seconds, environment, settings } = report;
  return {
    schemaVersion: report.schemaVersion,
    id: report.id,
    status: report.status,
    layout: report.layout,
    dryRun: report.dryRun,
    source: report.source,
    target: report.target,
    tables: mapValues(report.tables, tableTotals),
    totals: { total: report.totals.total, migrated: report.totals.migrated, errors: report.totals.errors },
    validation: {
      counts: validation.counts,
      types: validation.types,
      indexes: validation.indexes,
      references: validation.references,
      content: validation.content,
      findings: validation.findings.map(finding),
    },
    throttled: report.throttled,
    requestUnits: report.requestUnits,
    seconds: { total: seconds.total, copy: seconds.copy, indexes: seconds.indexes, validate: seconds.validate },
    reports: { json: report.reports.json, text: report.reports.text, html: report.reports.html },
    startedAt: report.startedAt,
    finishedAt: report.finishedAt,
    consistentAt: report.consistentAt,
    environment: {
      program: environment.program,
      node: environment.node,
      postgres: environment.postgres,
      target: environment.target,
      flavour: environment.flavour,
      schema: environment.schema,
      revision: environment.revision,
      mlflowRelease: environment.mlflowRelease,
    },
    settings: {
      batchSize: settings.batchSize,
      validate: settings.validate,
      parallel: settings.parallel,
      tables: settings.tables,
      workspace: settings.workspace,
    },
    bytes: report.bytes,
    analysis: analysis(report.analysis),
    findingsOmitted: report.findingsOmitted,
    problems: report.problems.map(({ kind, message, hint }) => ({ kind, message, hint })),
  };
}

function tableTotals({ total, migrated, unchanged, errors, repaired }: TableTotals): TableTotals {
  return { total, migrated, unchanged, errors, repaired };
}

function finding(found: Finding): Finding {
  return {
    severity: found.severity,
    check: found.check,
    table: found.table,
    ...(found.key === undefined ? {} : { key: found.key }),
    ...(found.field === undefined ? {} : { field: found.field }),
    ...(found.sourceType === undefined ? {} : { sourceType: found.sourceType }),
    ...(found.targetType === undefined ? {} : { targetType: found.targetType }),
    message: found.message,
  };
}

function analysis(found: Analysis): Analysis {
  const units = found.requestUnits;
  return {
    tables: mapValues(found.tables, ({ rows, bytes, collection }) => ({ rows, bytes, collection })),
    totalRows: found.totalRows,
    totalBytes: found.totalBytes,
    estimatedSeconds: found.estimatedSeconds,
    requestUnits: units && {
      total: units.total,
      provisioned: units.provisioned,
      seconds: units.seconds,
      meaning: units.meaning,
    },
  };
}

/** Keeps every name, `__proto__` too, which assigning would lose. */
function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
