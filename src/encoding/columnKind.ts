import type { SourceColumn } from '../contract/sourceSchema.ts';

/** How a value comes over the wire (COPY, binary) and what it becomes; see writeColumn.ts for the BSON side. */
export type ScalarKind =
  | 'bool'
  | 'int32'
  | 'int64'
  | 'float4'
  | 'float8'
  | 'text'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'bytea'
  | 'timestamp'
  | 'date'
  | 'numeric';

/** How a column is read and what BSON makes of it. Follows from its PostgreSQL type alone, never from a value. */
export interface ColumnKind {
  readonly scalar: ScalarKind;
  readonly isArray: boolean;
  /** Cast that the SELECT needs so that the wire form is one that we read, such as `::text`, or ''. */
  readonly cast: string;
  /** False where BSON has no such type and the PostgreSQL text is carried instead: the report names the column. */
  readonly hasCounterpart: boolean;
}

const NATIVE: Readonly<Record<string, ScalarKind>> = {
  bool: 'bool',
  int2: 'int32',
  int4: 'int32',
  int8: 'int64',
  float4: 'float4',
  float8: 'float8',
  text: 'text',
  varchar: 'text',
  bpchar: 'text',
  uuid: 'uuid',
  json: 'json',
  jsonb: 'jsonb',
  bytea: 'bytea',
  timestamp: 'timestamp',
  timestamptz: 'timestamp',
  date: 'date',
};

/** Types whose text is their rightful form in the target (tables-layout.md: time, interval). */
const TEXT_BY_RULE: ReadonlySet<string> = new Set(['time', 'timetz', 'interval', 'name', 'char', 'citext']);

function scalarKind(type: string, typeClass: string): Omit<ColumnKind, 'isArray'> {
  const native = NATIVE[type];
  if (native !== undefined && typeClass === 'b') return { scalar: native, cast: '', hasCounterpart: true };
  if (typeClass === 'e') return { scalar: 'text', cast: 'text', hasCounterpart: true };
  if (type === 'numeric') return { scalar: 'numeric', cast: 'text', hasCounterpart: true };
  if (type === 'oid') return { scalar: 'int64', cast: 'int8', hasCounterpart: true };
  return { scalar: 'text', cast: 'text', hasCounterpart: TEXT_BY_RULE.has(type) };
}

/** Kind of a column by its type: the value rules of tables-layout.md. */
export function columnKind(column: SourceColumn): ColumnKind {
  if (column.elementType !== null) {
    const element = scalarKind(column.elementType, column.elementClass ?? 'b');
    return { ...element, isArray: true, cast: element.cast === '' ? '' : `::${element.cast}[]` };
  }
  const kind = scalarKind(column.type, column.typeClass);
  return { ...kind, isArray: false, cast: kind.cast === '' ? '' : `::${kind.cast}` };
}

/** The column as the SELECT of a COPY names it; `read` is the expression by which it is read, without a cast. */
export function selectExpression(column: SourceColumn, read: string): string {
  // A cast of inet adds the mask that its text leaves out; the type's own output, and an array's, do not.
  if (column.type === 'inet') return `textin(inet_out(${read}))`;
  if (column.elementType === 'inet') return `${read}::text::text[]`;
  return `${read}${columnKind(column).cast}`;
}
