import type { ActivityHandler } from 'durable-functions';
import { checkCollections } from '../work/checkCollections.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Compares counts, indexes and references of whole collections. */
export const makeCheckCollections = (workplace: Workplace): ActivityHandler => answering(workplace, checkCollections);
