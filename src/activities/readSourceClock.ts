import type { ActivityHandler } from 'durable-functions';
import { readSourceClock } from '../work/readSourceClock.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Reads the source's clock, and whether its tables are still those that were planned for. */
export const makeReadSourceClock = (workplace: Workplace): ActivityHandler => answering(workplace, readSourceClock);
