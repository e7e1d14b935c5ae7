import type { ActivityHandler } from 'durable-functions';
import { RaiseInput } from '../contract/steps/throughput.ts';
import type { Workplace } from '../runtime/workplace.ts';
import { raiseThroughput } from '../steps/throughput.ts';
import { answering } from './answer.ts';

/** Raises the target's throughput for the copy, after recording what it was. */
export const makeRaiseThroughput = (workplace: Workplace): ActivityHandler =>
  answering(workplace, RaiseInput, raiseThroughput);
