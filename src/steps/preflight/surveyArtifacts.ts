import type { ArtifactMapping } from '../../contract/artifactMap.ts';
import type { ArtifactSurvey } from '../../contract/artifactSurvey.ts';
import type { Finding } from '../../contract/migrationReport.ts';
import type { SourceSchema } from '../../contract/sourceSchema.ts';
import { carriedTables } from '../../mlflow/layouts/buildLayout.ts';
import type { LayoutDefinition } from '../../mlflow/layouts/layout.ts';
import { artifactQuestions } from '../../mlflow/schema/artifactQuestions.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';
import { askRows } from './surveyRows.ts';

/** Beginnings that are told: with more of them, those of the fewest values say little. */
const MOST_UNMET = 20;

/** One line of the answer to an artifact question. */
interface Counted {
  readonly mapping: number | null;
  readonly prefix: string | null;
  readonly count: string;
}

/** Counts what the map of artifact locations meets in the carried tables; null without a map. A column that cannot be asked in time is named. */
export async function surveyArtifacts(
  source: SourceDatabase,
  schema: SourceSchema,
  layout: LayoutDefinition,
  mappings: readonly ArtifactMapping[],
  signal: AbortSignal,
): Promise<ArtifactSurvey | null> {
  if (mappings.length === 0) return null;
  const carried = carriedTables(layout);
  const met = mappings.map(() => 0);
  const changed: Record<string, number> = {};
  const unmet = new Map<string, number>();
  const uncounted: string[] = [];
  for (const { table, column, sql } of artifactQuestions(schema, layout.scopes, mappings)) {
    if (!carried.has(table)) continue;
    const rows = await askRows<Counted>(source, sql, signal).catch(() => null);
    signal.throwIfAborted();
    if (rows === null) {
      uncounted.push(`${table}.${column}`);
      continue;
    }
    let values = 0;
    for (const { mapping, prefix, count } of rows) {
      if (mapping !== null) {
        met[mapping] = (met[mapping] ?? 0) + Number(count);
        values += Number(count);
      } else if (prefix !== null) unmet.set(prefix, (unmet.get(prefix) ?? 0) + Number(count));
    }
    changed[`${table}.${column}`] = values;
  }
  return {
    mappings: mappings.map((mapping, index) => ({ ...mapping, values: met[index] ?? 0 })),
    changed,
    unmet: [...unmet]
      .map(([prefix, values]) => ({ prefix, values }))
      .toSorted((one, other) => other.values - one.values)
      .slice(0, MOST_UNMET),
    uncounted,
  };
}

/** A prefix that meets nothing may be misspelt; whether it does is not known of columns that were not counted. */
export function unmetNotes({ mappings, uncounted }: ArtifactSurvey): Finding[] {
  const unsure = uncounted.length === 0 ? '' : `, as far as that was counted (not ${uncounted.join(', ')})`;
  return mappings
    .filter(({ values }) => values === 0)
    .map(({ from }) => ({
      severity: 'note',
      check: 'schema',
      table: 'the source',
      message: `No location of an artifact begins with ${from}${unsure}: the map changes nothing by it`,
    }));
}
