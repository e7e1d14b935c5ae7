import type { BenchResult } from './benchResult.ts';
import type { KeptResults } from './figureTables.ts';
import { type KeptResult, latestResult } from './resultFiles.ts';

/** The scale whose figures the documents show. */
const PUBLISHED_SCALE = 10;

/** The latest kept results of both layouts that have the baseline. Throws where one is missing. */
export function publishedResults(): KeptResults {
  return { tables: latest('tables'), mlflow: latest('mlflow') };
}

function latest(wanted: BenchResult['layout']): KeptResult {
  const kept = latestResult(
    ({ scale, layout, plainLoop }) => scale === PUBLISHED_SCALE && layout === wanted && plainLoop !== null,
  );
  if (kept === null) {
    throw new Error(`bench/results has no ${wanted} at scale ${PUBLISHED_SCALE} with the plain loop beside it`);
  }
  return kept;
}
