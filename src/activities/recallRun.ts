import type { ActivityHandler } from 'durable-functions';
import { recallRun } from '../work/recallRun.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Finds in storage what a migration that Durable ended has planned and claimed. */
export const makeRecallRun = (workplace: Workplace): ActivityHandler =>
  answering(workplace, recallRun, { evenIfCancelled: true });
