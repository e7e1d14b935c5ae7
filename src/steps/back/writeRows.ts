import type pg from 'pg';
import { MigrationError } from '../../errors.ts';
import { deferReferences } from '../../source/back/holdTables.ts';
import type { Stage } from '../../source/back/stage.ts';

/** What was put aside of one table, and how many rows that are. */
export interface StagedTable {
  readonly stage: Stage;
  readonly inserted: number;
  readonly changed: number;
  readonly deleted: number;
}

/**
 * Writes what was put aside: what goes, children first, then what changes, then what comes, parents first. References are checked at
 * the end where the role may defer that. Throws `unsupported-value` where PostgreSQL does not take it, and names the constraint.
 */
export async function writeRows(
  client: pg.ClientBase,
  schema: string,
  parentsFirst: readonly StagedTable[],
): Promise<void> {
  const checkReferences = await deferReferences(
    client,
    schema,
    parentsFirst.map(({ stage }) => stage.of),
  );
  for (const { stage, deleted } of parentsFirst.toReversed()) {
    if (deleted > 0) await taken(stage, () => stage.deleteUnseen());
  }
  for (const { stage, changed } of parentsFirst) {
    if (changed > 0) assertAll(stage, changed, await taken(stage, () => stage.change()));
  }
  for (const { stage, inserted } of parentsFirst) {
    if (inserted > 0) assertAll(stage, inserted, await taken(stage, () => stage.insert()));
  }
  await taken(null, checkReferences);
}

/** Rules and triggers may do something else than was asked for. */
function assertAll({ of }: Stage, wanted: number, written: number): void {
  if (wanted === written) return;
  throw new MigrationError(
    'unsupported-value',
    `PostgreSQL wrote ${written} of ${wanted} rows to ${of.table.name}: nothing was kept`,
    {
      hint: 'Look at the rules and triggers of the table, and at what it deletes with the rows of other tables',
    },
  );
}

/** Integrity constraints, and values that a type does not take: https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const REFUSALS = /^(?:22|23|P0)/;

async function taken<T>(stage: Stage | null, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { code, table, column, constraint } = error as Readonly<
      Record<'code' | 'table' | 'column' | 'constraint', unknown>
    >;
    if (typeof code !== 'string' || !REFUSALS.test(code)) throw error;
    const name = typeof table === 'string' ? table : (stage?.of.table.name ?? 'a table');
    // Names of the schema only: what the server says besides quotes values.
    const by =
      typeof constraint === 'string' ? ` by ${constraint}` : typeof column === 'string' ? ` in column ${column}` : '';
    throw new MigrationError(
      'unsupported-value',
      `PostgreSQL does not take rows of ${name}${by} (${code}): nothing was kept`,
      {
        hint:
          code === '23503'
            ? 'Documents refer to some that are not there: mend them in the target'
            : 'Mend these documents in the target',
        cause: error,
      },
    );
  }
}
