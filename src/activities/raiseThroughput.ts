import type { ActivityHandler } from 'durable-functions';
import type { MigrateInput } from '../orchestrators/messages.ts';
import { raiseThroughput } from '../work/throughput.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Raises the target's throughput for the copy, after storing what it was. */
export const makeRaiseThroughput = (workplace: Workplace): ActivityHandler =>
  answering(workplace, (place, input: Pick<MigrateInput, 'id' | 'request'> & { readonly plan: string }, signal) =>
    raiseThroughput(place, input.id, input.plan, input.request, signal),
  );
