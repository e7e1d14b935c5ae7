import type { ActivityHandler } from 'durable-functions';
import type { CheckInput } from '../work/checkCollections.ts';
import { buildIndexes } from '../work/prepareTarget.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Creates the indexes of some collections, after the load. */
export const makeBuildIndexes = (workplace: Workplace): ActivityHandler =>
  answering(workplace, (place, input: CheckInput, signal) =>
    buildIndexes(place, input.id, input.plan, input.request, input.from, input.to, signal),
  );
