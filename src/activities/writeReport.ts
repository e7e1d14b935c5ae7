import type { ActivityHandler } from 'durable-functions';
import { ReportInput } from '../contract/steps/writeReport.ts';
import type { Services } from '../runtime/services.ts';
import { writeReport } from '../steps/writeReport.ts';
import { answering } from './answering.ts';

/** Builds and stores the report; runs for a cancelled migration too. */
export function makeWriteReport(services: Services): ActivityHandler {
  return answering(services, ReportInput, writeReport, { evenIfCancelled: true });
}
