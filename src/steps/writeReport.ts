import type { CheckFact } from '../contract/facts.ts';
import type { MigrateOutput } from '../contract/migration.ts';
import type { MigrationReport } from '../contract/migrationReport.ts';
import type { MigrationRequest } from '../contract/migrationRequest.ts';
import type { ReportInput } from '../contract/steps/writeReport.ts';
import { renderHtml } from '../report/renderHtml.ts';
import { renderJson } from '../report/renderJson.ts';
import { renderText } from '../report/renderText.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { REPORT_TYPES } from '../runtime/earlierReports.ts';
import type { Services } from '../runtime/services.ts';
import { buildReport } from './report/buildReport.ts';

/** Builds the report and stores its three renderings. Throws what storage throws, and the signal's reason while rows are counted. */
export async function writeReport(services: Services, input: ReportInput, signal: AbortSignal): Promise<MigrateOutput> {
  const { id, state } = input;
  const { report, content } = await buildReport(services, input, signal);
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
