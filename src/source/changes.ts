import type pg from 'pg';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';

/**
 * A moment of the source: every transaction before `transaction` was over and visible, none from `next` on was over; `at`
 * is the server's time (ISO 8601).
 */
export interface SourceClock {
  readonly transaction: string;
  readonly next: string;
  readonly at: string;
}

/** Reads the source's clock. What is read later sees everything that was committed by then. */
export async function readClock(client: pg.ClientBase): Promise<SourceClock> {
  const result = await client.query<{ transaction: string; next: string; at: Date }>(
    `select txid_snapshot_xmin(txid_current_snapshot())::text as transaction,
            txid_snapshot_xmax(txid_current_snapshot())::text as next, clock_timestamp() as at`,
  );
  const row = result.rows[0] as { transaction: string; next: string; at: Date };
  return { ...row, at: row.at.toISOString() };
}

/**
 * Condition for rows written by a transaction at or after this one. `age()` compares 32-bit ids by their distance, so
 * rows frozen long ago may be taken for new ones, which only costs a comparison; a new row is never missed.
 */
export function writtenSince(rowVersion: string, transaction: string): string {
  const id = BigInt(transaction) & 0xffffffffn;
  return `age(${rowVersion}) <= age('${id}'::xid)`;
}

/** The definition for rows that changed; unchanged where the definition knows no row version. */
export function changedSince(definition: CollectionDefinition, transaction: string): CollectionDefinition {
  if (definition.rowVersion === null) return definition;
  const condition = writtenSince(definition.rowVersion, transaction);
  return { ...definition, where: definition.where === null ? condition : `(${definition.where}) and ${condition}` };
}
