import type { Finding } from '../../contract/migrationReport.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { SourceSchema } from '../../contract/sourceSchema.ts';
import { carriedTables } from '../../mlflow/layouts/buildLayout.ts';
import type { LayoutDefinition } from '../../mlflow/layouts/layout.ts';
import { orphanQuestions } from '../../mlflow/schema/orphanQuestions.ts';
import { type RowQuestion, rowQuestions } from '../../mlflow/schema/rowQuestions.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';
import { sourceErrorCode } from '../../source/sourceError.ts';

/** Notes are not worth more of the source's time, question by question. */
const PATIENCE_SECONDS = 20;
/** SQLSTATE of a statement that ran out of its time. */
const OUT_OF_TIME = '57014';

/**
 * Notes of what the rows of the carried tables are: deleted, empty, out of reach, secret; and in a dry run, which compares nothing
 * later, without a parent. What cannot be asked is a note too, as nothing depends on it.
 */
export async function surveyRows(
  source: SourceDatabase,
  schema: SourceSchema,
  layout: LayoutDefinition,
  { dryRun, artifacts }: Pick<MigrationRequest, 'dryRun' | 'artifacts'>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const carried = carriedTables(layout);
  const ofRows = rowQuestions(schema, layout.scopes, artifacts).filter(({ table }) => carried.has(table));
  const ofReferences = dryRun ? orphanQuestions(schema, layout.scopes, carried) : [];
  return [
    ...(await notesOf(source, ofRows, 'schema', signal)),
    ...(await notesOf(source, ofReferences, 'references', signal)),
  ];
}

async function notesOf(
  source: SourceDatabase,
  questions: readonly RowQuestion[],
  check: Finding['check'],
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { table, field, sql, describe } of questions) {
    const message = await ask(source, sql, signal).then(describe, (error: unknown) => {
      signal.throwIfAborted();
      return `A question to ${table} was not answered${isOutOfTime(error) ? ` within ${PATIENCE_SECONDS} seconds` : ''}: what of it is deleted, without a parent, secret or out of reach is not said in full`;
    });
    if (message !== null)
      findings.push({ severity: 'note', check, table, ...(field === undefined ? {} : { field }), message });
  }
  return findings;
}

async function ask(source: SourceDatabase, sql: string, signal: AbortSignal): Promise<Record<string, number>> {
  const [row = {}] = await askRows<Record<string, string>>(source, sql, signal);
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)]));
}

/** The answer to a question of the survey, which the source has so long to give. Throws what the source throws. */
export async function askRows<Row extends object>(
  source: SourceDatabase,
  sql: string,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  return await source.until(signal).read(async (client) => {
    await client.query(`set local statement_timeout = '${PATIENCE_SECONDS}s'`);
    return (await client.query<Row>(sql)).rows;
  });
}

function isOutOfTime(error: unknown): boolean {
  return error instanceof Error && sourceErrorCode(error.cause) === OUT_OF_TIME;
}
