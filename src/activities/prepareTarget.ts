import type { ActivityHandler } from 'durable-functions';
import type { MigrateInput } from '../orchestrators/messages.ts';
import { prepareTarget } from '../work/prepareTarget.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Makes collections, the marker, and the indexes that must be there first. */
export const makePrepareTarget = (workplace: Workplace): ActivityHandler =>
  answering(workplace, (place, input: Pick<MigrateInput, 'id' | 'request'> & { readonly plan: string }, signal) =>
    prepareTarget(place, input.id, input.plan, input.request, signal),
  );
