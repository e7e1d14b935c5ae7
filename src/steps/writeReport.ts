import type { CheckFact } from '../contract/facts.ts';
import type { MigrateOutput } from '../contract/migration.ts';
import type { MigrationReport } from '../contract/migrationReport.ts';
import { REPORT_FORMATS } from '../contract/reportFiles.ts';
import type { ReportInput } from '../contract/steps/writeReport.ts';
import { ratePerSecond } from '../report/formatUnits.ts';
import { renderHtml } from '../report/renderHtml.ts';
import { renderJson } from '../report/renderJson.ts';
import { renderText } from '../report/renderText.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { REPORT_TYPES } from '../runtime/earlierReports.ts';
import type { Services } from '../runtime/services.ts';
import { buildReport } from './report/buildReport.ts';
import { followedRows } from './report/followedRows.ts';
import { writeManifest } from './report/writeManifest.ts';

/** Builds the report, stores its three renderings and then the manifest of all that the run has left. Throws what storage throws, and the signal's reason while rows are counted. */
export async function writeReport(services: Services, input: ReportInput, signal: AbortSignal): Promise<MigrateOutput> {
  const { id, state } = input;
  const { report, content } = await buildReport(services, input, signal);
  const rendered = { json: renderJson(report), text: renderText(report), html: renderHtml(report) };
  for (const format of REPORT_FORMATS) {
    await services.blobs.put(blobPaths.report(id, format), rendered[format], REPORT_TYPES[format]);
  }
  await writeManifest(services, report, rendered);
  return {
    status: report.status,
    startedAt: report.startedAt,
    finishedAt: report.finishedAt,
    source: report.source,
    target: report.target,
    tables: report.tables,
    validated: validatedRows(input, report, content),
    throttled: report.throttled,
    requestUnits: report.requestUnits,
    rowsPerSecond: Math.round(rateOf(report, content) ?? 0),
    problems: report.problems,
    endedIn: state.endedIn,
  };
}

/** Records a second of what the run was for: copying, or comparing; null where there is none to tell. */
function rateOf({ kind, totals, seconds, verdict }: MigrationReport, { result }: CheckFact): number | null {
  if (kind === 'comparison') {
    return result === 'not-run' ? null : ratePerSecond(totals.migrated + totals.errors, seconds.validate);
  }
  return verdict.copiedRecords === null ? null : ratePerSecond(verdict.copiedRecords, seconds.copy);
}

/**
 * Rows that the content check has seen equal; none where it did not come to its end, whatever stands in the target. Of a run that
 * followed its source it had, before what ended it.
 */
function validatedRows(
  { state, request: { validate, dryRun } }: ReportInput,
  { tables }: MigrationReport,
  { result, uncovered }: CheckFact,
): Record<string, number> | null {
  if (validate !== 'full' || dryRun) return null;
  const isCovered = (table: string) => result !== 'not-run' && !uncovered.includes(table);
  return Object.fromEntries(
    Object.entries(tables).map(([table, { migrated }]) => {
      return [table, isCovered(table) ? migrated : Math.min(migrated, followedRows(state, table) ?? 0)];
    }),
  );
}
