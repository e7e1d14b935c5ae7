import type { ActivityHandler } from 'durable-functions';
import type { MigrateInput } from '../orchestrators/messages.ts';
import { makePlan } from '../work/makePlan.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Counts, cuts into ranges and stores the plan; `now` is the orchestration's time, so that a repeat makes the same plan's stamp. */
export const makeMakePlan = (workplace: Workplace): ActivityHandler =>
  answering(
    workplace,
    (place, { id, request, now }: Pick<MigrateInput, 'id' | 'request'> & { readonly now: string }, signal) =>
      makePlan(place, id, request, new Date(now), signal),
  );
