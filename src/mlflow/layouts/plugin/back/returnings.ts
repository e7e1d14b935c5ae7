import { findTable, type SourceSchema } from '../../../../contract/sourceSchema.ts';
import { assessmentsBack } from './backAssessments.ts';
import { experimentsBack } from './backExperiments.ts';
import { inputsBack } from './backInputs.ts';
import { loggedModelsBack } from './backLoggedModels.ts';
import { metricsBack } from './backMetrics.ts';
import { modelVersionsBack } from './backModelVersions.ts';
import { registeredModelsBack } from './backRegisteredModels.ts';
import { runsBack } from './backRuns.ts';
import { spanMetricsBack } from './backSpanMetrics.ts';
import { spansBack } from './backSpans.ts';
import { traceLinksBack } from './backTraceLinks.ts';
import { traceMetricsBack } from './backTraceMetrics.ts';
import { tracePairsBack } from './backTracePairs.ts';
import { tracesBack } from './backTraces.ts';
import type { Returning } from './returning.ts';

/** How all tables that stand in the store plugin's documents come back, as far as this release has them. */
export function returnings(schema: SourceSchema): readonly Returning[] {
  const all = [
    experimentsBack(schema),
    runsBack(schema),
    metricsBack(schema),
    inputsBack(schema),
    loggedModelsBack(schema),
    registeredModelsBack(),
    modelVersionsBack(),
    tracesBack(),
    tracePairsBack(),
    traceLinksBack(),
    traceMetricsBack(schema),
    spansBack(schema),
    spanMetricsBack(schema),
    assessmentsBack(),
  ];
  return all.flat().filter(({ table }) => findTable(schema, table) !== undefined);
}
