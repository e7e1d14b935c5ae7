import type { ActivityHandler } from 'durable-functions';
import { PreflightInput } from '../contract/steps/preflight.ts';
import type { Workplace } from '../runtime/workplace.ts';
import { preflight } from '../steps/preflight.ts';
import { answering } from './answer.ts';

/** Looks at both ends before anything is moved. */
export const makePreflight = (workplace: Workplace): ActivityHandler => answering(workplace, PreflightInput, preflight);
