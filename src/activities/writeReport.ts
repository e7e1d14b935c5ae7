import type { ActivityHandler } from 'durable-functions';
import type { MigrateOutput } from '../contract/migration.ts';
import { ReportInput } from '../contract/steps/writeReport.ts';
import type { LogFields } from '../runtime/logEvent.ts';
import type { Services } from '../runtime/services.ts';
import { writeReport } from '../steps/writeReport.ts';
import { answering } from './answering.ts';

/** Builds and stores the report; runs for a cancelled migration too. */
export function makeWriteReport(services: Services): ActivityHandler {
  return answering(services, ReportInput, writeReport, { evenIfCancelled: true, summary });
}

/** The outcome, and the kinds of the problems that ended the migration: some of them no activity meets. */
function summary({ status, problems = [] }: MigrateOutput): LogFields {
  return { status, problems: [...new Set(problems.map(({ kind }) => kind))].join(',') };
}
