import type { ActivityHandler } from 'durable-functions';
import type { Workplace } from '../runtime/workplace.ts';
import { writeReport } from '../steps/writeReport.ts';
import { answering } from './answer.ts';

/** Builds and stores the report; runs for a cancelled migration too. */
export const makeWriteReport = (workplace: Workplace): ActivityHandler =>
  answering(workplace, writeReport, { evenIfCancelled: true });
