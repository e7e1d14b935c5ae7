import type { ActivityHandler } from 'durable-functions';
import { ReportInput } from '../contract/steps/writeReport.ts';
import type { Workplace } from '../runtime/workplace.ts';
import { writeReport } from '../steps/writeReport.ts';
import { answering } from './answer.ts';

/** Builds and stores the report; runs for a cancelled migration too. */
export const makeWriteReport = (workplace: Workplace): ActivityHandler =>
  answering(workplace, ReportInput, writeReport, { evenIfCancelled: true });
