import type { ActivityHandler } from 'durable-functions';
import { RemoveVanishedMessage } from '../contract/steps/removeVanished.ts';
import type { Workplace } from '../runtime/workplace.ts';
import { removeVanished } from '../steps/removeVanished.ts';
import { answering } from './answer.ts';
import { onPlan } from './onPlan.ts';

/** Deletes the documents of vanished rows that were found. */
export const makeRemoveVanished = (workplace: Workplace): ActivityHandler =>
  answering(workplace, RemoveVanishedMessage, onPlan(removeVanished));
