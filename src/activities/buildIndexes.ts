import type { ActivityHandler } from 'durable-functions';
import { buildIndexes } from '../work/buildIndexes.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Creates the indexes of some collections, after the load. */
export const makeBuildIndexes = (workplace: Workplace): ActivityHandler => answering(workplace, buildIndexes);
