import type { UnitInput, UnitResult } from '../contract/unit.ts';
import type { Services } from '../runtime/services.ts';
import { copyRange } from './units/copyRange.ts';
import { forEachRange } from './units/forEachRange.ts';

/** Copies the ranges of one unit. What fails is data, and what is thrown is storage's: see {@link forEachRange}. */
export async function copyUnit(services: Services, input: UnitInput, signal: AbortSignal): Promise<UnitResult> {
  const isCompared = input.request.validate === 'full';
  return await forEachRange(services, input, `copy-${input.unit}`, signal, (context) => copyRange(context, isCompared));
}
