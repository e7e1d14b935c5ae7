import type { ArtifactMapping } from '../contract/artifactMap.ts';
import type { ArtifactSurvey } from '../contract/artifactSurvey.ts';
import type { Analysis, Finding, MigrationReport, ReportedDigest, TableTotals } from '../contract/migrationReport.ts';
import type { CardVerdict, CheckVerdict, Verdict } from '../contract/verdict.ts';

/**
 * The report as indented JSON with a line break at the end. Fields stand in the order of the contract and only
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
      schema: validation.schema,
      findings: validation.findings.map(finding),
    },
    throttled: report.throttled,
    requestUnits: report.requestUnits,
    seconds: {
      total: seconds.total,
      copy: seconds.copy,
      indexes: seconds.indexes,
      validate: seconds.validate,
      ...(seconds.beside === undefined ? {} : { beside: seconds.beside }),
      ...(seconds.rest === undefined ? {} : { rest: seconds.rest }),
    },
    reports: { json: report.reports.json, text: report.reports.text, html: report.reports.html },
    startedAt: report.startedAt,
    finishedAt: report.finishedAt,
    kind: report.kind,
    consistentAt: report.consistentAt,
    instant: report.instant && {
      at: report.instant.at,
      from: report.instant.from,
      openTransactions: report.instant.openTransactions,
      preparedTransactions: report.instant.preparedTransactions,
      ...(report.instant.quietSince === undefined ? {} : { quietSince: report.instant.quietSince }),
      ...(report.instant.quietUntil === undefined ? {} : { quietUntil: report.instant.quietUntil }),
    },
    compared: report.compared,
    deleted: mapValues(report.deleted, ({ count, keys }) => ({ count, keys })),
    sharedCollections: report.sharedCollections,
    ...(report.digests === undefined ? {} : { digests: mapValues(report.digests, digest) }),
    wouldChange:
      report.wouldChange &&
      mapValues(report.wouldChange, ({ inserted, replaced, deleted }) => ({ inserted, replaced, deleted })),
    ...(report.afterCutover === undefined
      ? {}
      : { afterCutover: { reader: report.afterCutover.reader, undo: report.afterCutover.undo } }),
    verdict: verdict(report.verdict),
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
      ...(settings.exclude === undefined ? {} : { exclude: settings.exclude }),
      workspace: settings.workspace,
      ...(settings.experiments === undefined ? {} : { experiments: settings.experiments }),
      ...(settings.artifacts === undefined ? {} : { artifacts: settings.artifacts.map(mapping) }),
    },
    bytes: report.bytes,
    analysis: analysis(report.analysis),
    ...(report.artifacts === undefined ? {} : { artifacts: report.artifacts && artifacts(report.artifacts) }),
    findingsOmitted: report.findingsOmitted,
    problems: report.problems.map(({ kind, message, hint }) => ({ kind, message, hint })),
  };
}

function verdict(given: Verdict): Verdict {
  const { cards, columns, marks } = given;
  return {
    status: given.status,
    exitCode: given.exitCode,
    good: given.good,
    title: given.title,
    subject: given.subject,
    headline: given.headline,
    details: given.details,
    equalUpTo: given.equalUpTo,
    instantLines: given.instantLines,
    speaksOfChecks: given.speaksOfChecks,
    checks: {
      counts: check(given.checks.counts),
      types: check(given.checks.types),
      indexes: check(given.checks.indexes),
      references: check(given.checks.references),
      content: check(given.checks.content),
      schema: check(given.checks.schema),
    },
    checksMeaning: given.checksMeaning,
    cards: {
      migrated: card(cards.migrated),
      errors: card(cards.errors),
      validation: cards.validation && card(cards.validation),
    },
    columns: { migrated: columns.migrated, errors: columns.errors, share: columns.share },
    leeway: given.leeway,
    marks: { good: marks.good, bad: marks.bad },
    copiedRecords: given.copiedRecords,
  };
}

function check({ result, note }: CheckVerdict): CheckVerdict {
  return { result, note };
}

function card({ name, figure, beside, bad }: CardVerdict): CardVerdict {
  return { name, figure, beside, bad };
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
    ...(found.isFailure === undefined ? {} : { isFailure: found.isFailure }),
    message: found.message,
  };
}

function mapping({ from, to }: ArtifactMapping): ArtifactMapping {
  return { from, to };
}

function artifacts({ mappings, changed, unmet, uncounted }: ArtifactSurvey): ArtifactSurvey {
  return {
    mappings: mappings.map(({ from, to, values }) => ({ from, to, values })),
    changed,
    unmet: unmet.map(({ prefix, values }) => ({ prefix, values })),
    uncounted,
  };
}

function analysis(found: Analysis): Analysis {
  const units = found.requestUnits;
  return {
    tables: mapValues(found.tables, ({ rows, bytes, collection, there }) => ({
      rows,
      bytes,
      collection,
      ...(there === undefined ? {} : { there }),
    })),
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

function digest({ table, documents, source, target, unknown }: ReportedDigest): ReportedDigest {
  return { table, documents, source, target, unknown };
}
