import type { ActivityHandler } from 'durable-functions';
import { UnitMessage } from '../contract/unit.ts';
import type { Services } from '../runtime/services.ts';
import { validateUnit } from '../steps/validateUnit.ts';
import { answering } from './answering.ts';
import { onPlan } from './onPlan.ts';
import { unitSummary } from './unitSummary.ts';

/** Compares the ranges of one unit, row by row, and repairs once. */
export function makeValidateUnit(services: Services): ActivityHandler {
  return answering(services, UnitMessage, onPlan(validateUnit), { summary: unitSummary });
}
