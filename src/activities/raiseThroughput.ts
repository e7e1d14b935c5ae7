import type { ActivityHandler } from 'durable-functions';
import { raiseThroughput } from '../work/throughput.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Raises the target's throughput for the copy, after recording what it was. */
export const makeRaiseThroughput = (workplace: Workplace): ActivityHandler => answering(workplace, raiseThroughput);
