import type { ActivityHandler } from 'durable-functions';
import type { MigrateInput } from '../orchestrators/messages.ts';
import { preflight } from '../work/preflight.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Looks at both ends before anything is moved. */
export const makePreflight = (workplace: Workplace): ActivityHandler =>
  answering(workplace, (place, { id, request }: Pick<MigrateInput, 'id' | 'request'>, signal) =>
    preflight(place, id, request, signal),
  );
