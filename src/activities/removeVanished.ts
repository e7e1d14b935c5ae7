import type { ActivityHandler } from 'durable-functions';
import { removeVanished } from '../work/removeVanished.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Deletes documents whose row vanished from the source. */
export const makeRemoveVanished = (workplace: Workplace): ActivityHandler => answering(workplace, removeVanished);
