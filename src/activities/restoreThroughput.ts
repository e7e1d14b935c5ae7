import type { ActivityHandler } from 'durable-functions';
import type { MigrateInput } from '../orchestrators/messages.ts';
import { restoreThroughput } from '../work/throughput.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Sets the target's throughput back; runs after failures and cancellation too, as someone pays for it by the hour. */
export const makeRestoreThroughput = (workplace: Workplace): ActivityHandler =>
  answering(
    workplace,
    (place, { id, request }: Pick<MigrateInput, 'id' | 'request'>) => restoreThroughput(place, id, request),
    { evenIfCancelled: true },
  );
