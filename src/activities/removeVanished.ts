import type { ActivityHandler } from 'durable-functions';
import { removeVanished } from '../work/removeVanished.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Deletes the documents of vanished rows that were found. */
export const makeRemoveVanished = (workplace: Workplace): ActivityHandler => answering(workplace, removeVanished);
