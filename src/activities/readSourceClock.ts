import type { ActivityHandler } from 'durable-functions';
import type { MigrateInput } from '../orchestrators/messages.ts';
import { readClock } from '../source/changes.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Reads the source's clock: where the next catch-up pass begins. */
export const makeReadSourceClock = (workplace: Workplace): ActivityHandler =>
  answering(workplace, async (place, { request }: Pick<MigrateInput, 'id' | 'request'>) =>
    (await place.connections.source(request.source)).read(readClock),
  );
