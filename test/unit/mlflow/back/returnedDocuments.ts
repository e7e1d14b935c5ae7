import { type Document, deserialize, serialize } from 'bson';
import { findTable, type SourceSchema } from '../../../../src/contract/sourceSchema.ts';
import { BsonWriter, fieldName } from '../../../../src/encoding/bsonWriter.ts';
import { fieldsOf, textOf } from '../../../../src/mlflow/layouts/plugin/back/returnedFields.ts';
import type {
  Lookup,
  ReturnedDocument,
  Returning,
  RowValue,
} from '../../../../src/mlflow/layouts/plugin/back/returning.ts';

/** A document as mappings take it. */
function returned(document: Buffer | Document): ReturnedDocument {
  const fields = fieldsOf(Buffer.isBuffer(document) ? document : Buffer.from(serialize(document)));
  const id = fields.get('_id');
  return { shown: id?.type === 2 ? (textOf(id) ?? '') : 'document', fields };
}

/** What stands on both sides: rows by the table whose name a statement selects from, documents by collection. */
export interface Standing {
  readonly schema: SourceSchema;
  readonly rows?: Readonly<Record<string, readonly object[]>>;
  readonly documents?: Readonly<Record<string, readonly (Buffer | Document)[]>>;
  /** When the newest row of the source was made, of any table. */
  readonly newest?: bigint;
}

/** A look-up in these. Filters are not looked at: give what they would find. Experiment ids are numbers already, but for `absent`. */
function lookIn({ schema, rows = {}, documents = {}, newest }: Standing): Lookup {
  return {
    columns: (table) => new Set(findTable(schema, table)?.columns.map(({ name }) => name)),
    relation: (table) => `<${table}>`,
    source: async <T extends object>(sql: string) => {
      // The last relation: what stands before it is asked within an expression.
      const table = [...sql.matchAll(/from <(\w+)>/g)].at(-1)?.[1] ?? '';
      return (rows[table] ?? []) as readonly T[];
    },
    target: (collection) => Promise.resolve((documents[collection] ?? []).map(returned)),
    newest: () => newest ?? null,
    experimentId: (id) => Promise.resolve(id === 'absent' ? null : id),
  };
}

/** Rows as plain values, int64 as bigint, and faults as `field: reason`. */
export async function broughtBack(
  returning: Returning | undefined,
  page: readonly (Buffer | Document)[],
  standing: Standing,
): Promise<{ readonly rows: readonly Document[]; readonly faults: readonly string[] }> {
  if (returning === undefined) throw new Error('There is no such mapping');
  const { rows, faults } = await returning.rows(page.map(returned), lookIn(standing));
  return {
    rows: rows.map(({ row }) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]))),
    faults: faults.map(({ field, reason }) => `${field}: ${reason}`),
  };
}

function plain(value: RowValue): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const out = new BsonWriter();
  const start = out.begin();
  out.raw(value.type, fieldName('v'), value.value);
  out.end(start);
  return deserialize(out.copyFrom(start), { useBigInt64: true })['v'];
}
