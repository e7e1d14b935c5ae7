import type { UnitInput, UnitResult } from '../contract/unit.ts';
import type { Services } from '../runtime/services.ts';
import { copyRange } from './units/copyRange.ts';
import { forEachRange, type RangeContext } from './units/forEachRange.ts';
import { UnitChecksums } from './units/unitChecksums.ts';

/** Copies the ranges of one unit. What fails is data, and what is thrown is storage's: see {@link forEachRange}. */
export async function copyUnit(services: Services, input: UnitInput, signal: AbortSignal): Promise<UnitResult> {
  const isCompared = input.request.validate === 'full';
  const checksums = await UnitChecksums.read(services, input);
  const copy = (context: RangeContext) => copyRange(context, isCompared, checksums);
  const result = await forEachRange(services, input, `copy-${input.unit}`, signal, copy);
  await checksums?.keep();
  return result;
}
