import type { ActivityHandler } from 'durable-functions';
import { findVanished } from '../work/findVanished.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** Looks for documents whose row vanished from the source, and deletes none. */
export const makeFindVanished = (workplace: Workplace): ActivityHandler => answering(workplace, findVanished);
