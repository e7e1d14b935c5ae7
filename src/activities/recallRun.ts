import type { ActivityHandler } from 'durable-functions';
import type { Workplace } from '../runtime/workplace.ts';
import { recallRun } from '../steps/recallRun.ts';
import { answering } from './answer.ts';

/** Finds in storage what a migration that Durable ended has planned and claimed. */
export const makeRecallRun = (workplace: Workplace): ActivityHandler =>
  answering(workplace, recallRun, { evenIfCancelled: true });
