import type pg from 'pg';
import { idKey, showKey } from '../../encoding/documentBatch.ts';
import { pairFields } from '../../mlflow/layouts/tables/addedFields.ts';
import { rowReader } from '../../mlflow/layouts/tables/readRow.ts';
import { quoteIdentifier } from '../../quoteSql.ts';
import { missingPairs } from '../../source/back/heldPairs.ts';
import type { WritableTable } from '../../source/back/writableTables.ts';
import type { DocumentAccess } from '../../target/documentAccess.ts';
import { scanCollection } from '../../target/scanCollection.ts';
import type { FaultBook } from './faultBook.ts';

/**
 * Tags and parameters that documents hold of their own must be rows of their tables once these are written: whoever wrote them into the
 * list alone, or took them out of their collection alone, may have meant either.
 */
export async function checkPairs(
  client: pg.ClientBase,
  access: DocumentAccess,
  { table }: WritableTable,
  schema: string,
  faults: FaultBook,
): Promise<void> {
  const fields = pairFields(table);
  if (fields.length === 0) return;
  const read = rowReader(table);
  for await (const page of scanCollection(access, {})) {
    const rows = page.map((document) => ({ document: showKey(idKey(document)), row: read(document) }));
    for (const { field, table: other, link, key, value } of fields) {
      const place = { table: `${quoteIdentifier(schema)}.${quoteIdentifier(other)}`, link, key, value };
      const linkAt = table.columns.findIndex(({ name }) => name === link);
      const pairs = rows.flatMap(({ document, row }) =>
        row.pairs.flatMap((pair) =>
          pair.field === field ? [{ ...pair, document, link: row.values[linkAt] ?? '' }] : [],
        ),
      );
      for (const missing of await missingPairs(client, place, pairs)) {
        const reason = `it holds what ${other} does not have: whether it was added here or taken out there cannot be told`;
        faults.add({ table: table.name, key: missing, field, reason });
      }
    }
  }
}
