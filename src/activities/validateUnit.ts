import type { ActivityHandler } from 'durable-functions';
import { validateUnit } from '../work/validateUnit.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Compares the ranges of one unit, row by row, and repairs once. */
export const makeValidateUnit = (workplace: Workplace): ActivityHandler => answering(workplace, validateUnit);
