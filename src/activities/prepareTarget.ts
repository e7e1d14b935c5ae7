import type { ActivityHandler } from 'durable-functions';
import { prepareTarget } from '../work/prepareTarget.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Claims and makes collections, writes the revision, and makes the indexes that must be there first. */
export const makePrepareTarget = (workplace: Workplace): ActivityHandler => answering(workplace, prepareTarget);
