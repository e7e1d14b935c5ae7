import type { ActivityHandler } from 'durable-functions';
import { UnitMessage } from '../contract/unit.ts';
import type { Services } from '../runtime/services.ts';
import { copyUnit } from '../steps/copyUnit.ts';
import { answering } from './answering.ts';
import { onPlan } from './onPlan.ts';
import { unitSummary } from './unitSummary.ts';

/** Copies the ranges of one unit of the plan. */
export function makeCopyUnit(services: Services): ActivityHandler {
  return answering(services, UnitMessage, onPlan(copyUnit), { summary: unitSummary });
}
