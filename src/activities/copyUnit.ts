import type { ActivityHandler } from 'durable-functions';
import { copyUnit } from '../work/copyUnit.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Copies the ranges of one unit of the plan. */
export const makeCopyUnit = (workplace: Workplace): ActivityHandler => answering(workplace, copyUnit);
