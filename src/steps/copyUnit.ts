import type { UnitInput, UnitResult } from '../contract/unit.ts';
import type { Workplace } from '../runtime/workplace.ts';
import { copyRange } from './copyRange.ts';
import { forEachRange } from './forEachRange.ts';

/** Copies the ranges of one unit. Throws nothing: see {@link forEachRange}. */
export async function copyUnit(workplace: Workplace, input: UnitInput, signal: AbortSignal): Promise<UnitResult> {
  const isCompared = input.request.validate === 'full';
  return await forEachRange(workplace, input, `copy-${input.unit}`, signal, (work) => copyRange(work, isCompared));
}
