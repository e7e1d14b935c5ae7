import type { ActivityHandler } from 'durable-functions';
import { RecallInput } from '../contract/steps/recallRun.ts';
import type { Workplace } from '../runtime/workplace.ts';
import { recallRun } from '../steps/recallRun.ts';
import { answering } from './answer.ts';

/** Finds in storage what a migration that Durable ended has planned and claimed. */
export const makeRecallRun = (workplace: Workplace): ActivityHandler =>
  answering(workplace, RecallInput, recallRun, { evenIfCancelled: true });
