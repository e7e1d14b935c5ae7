import type { BsonWriter, FieldName } from '../../bsonWriter.ts';
import { writePythonJson } from '../../jsonToBson.ts';
import { isNumberObject, parsePythonJson, pythonFloat } from '../../pythonText.ts';
import type { RowView } from '../../rowView.ts';
import type { Selection } from './selection.ts';

/** Columns of `trace_info` that hold one number each of a metadata value (3.17 on), in the order of the value's keys. */
export interface PromotedColumns {
  readonly names: readonly string[];
  readonly places: readonly number[];
  readonly isInteger: boolean;
}

const TOKEN_COLUMNS = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'cache_creation_input_tokens_above_1hr',
];
const COST_COLUMNS = ['input_cost', 'output_cost', 'total_cost'];

/** Adds the columns of token usage and cost to the selection. */
export function promotedColumns(columns: Selection): { tokens: PromotedColumns; costs: PromotedColumns } {
  return {
    tokens: { names: TOKEN_COLUMNS, places: TOKEN_COLUMNS.map((name) => columns.int64(name)), isInteger: true },
    costs: { names: COST_COLUMNS, places: COST_COLUMNS.map((name) => columns.float64(name)), isInteger: false },
  };
}

/** The numbers as MLflow's SQL store writes them into metadata (`json.dumps`), null where all columns are NULL. */
export function promotedNumbers(row: RowView, columns: PromotedColumns): string | null {
  const members = columns.places.flatMap((place, index) => {
    if (row.isNull(place)) return [];
    const number = columns.isInteger ? String(row.integer(place)) : pythonFloat(row.double(place) as number);
    return [`"${columns.names[index]}": ${number}`];
  });
  return members.length === 0 ? null : `{${members.join(', ')}}`;
}

/** An object of numbers from its JSON text; nothing where it is none. */
export function writeNumbers(out: BsonWriter, name: FieldName, text: string | undefined): void {
  if (text !== undefined && isNumberObject(parsePythonJson(text))) writePythonJson(out, name, text);
}
