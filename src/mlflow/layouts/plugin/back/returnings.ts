import { findTable, type SourceSchema } from '../../../../contract/sourceSchema.ts';
import { experimentsBack } from './backExperiments.ts';
import { inputsBack } from './backInputs.ts';
import { loggedModelsBack } from './backLoggedModels.ts';
import { metricsBack } from './backMetrics.ts';
import { runsBack } from './backRuns.ts';
import type { Returning } from './returning.ts';

/** How all tables that stand in the store plugin's documents come back, as far as this release has them. */
export function returnings(schema: SourceSchema): readonly Returning[] {
  const all = [
    experimentsBack(schema),
    runsBack(schema),
    metricsBack(schema),
    inputsBack(schema),
    loggedModelsBack(schema),
  ];
  return all.flat().filter(({ table }) => findTable(schema, table) !== undefined);
}
