import type { ActivityHandler } from 'durable-functions';
import { preflight } from '../work/preflight.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Looks at both ends before anything is moved. */
export const makePreflight = (workplace: Workplace): ActivityHandler => answering(workplace, preflight);
