import type { ActivityHandler } from 'durable-functions';
import type { MigrateInput } from '../contract/migration.ts';
import type { Workplace } from '../runtime/workplace.ts';
import { makePlan } from '../steps/makePlan.ts';
import { answering } from './answer.ts';

/** Counts, cuts into ranges and stores the plan; `now` is the orchestration's time, so that a repeat makes the same plan's stamp. */
export const makeMakePlan = (workplace: Workplace): ActivityHandler =>
  answering(
    workplace,
    (place, { id, request, now }: Pick<MigrateInput, 'id' | 'request'> & { readonly now: string }, signal) =>
      makePlan(place, id, request, new Date(now), signal),
  );
