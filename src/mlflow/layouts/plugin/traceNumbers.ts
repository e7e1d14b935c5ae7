import type { BsonWriter, FieldName } from '../../../encoding/bsonWriter.ts';
import { MAX_INT64_CHARACTERS } from '../../../encoding/integerLimits.ts';
import { writePythonJson } from '../../../encoding/jsonToBson.ts';
import { pythonFloat } from '../../../encoding/pythonFloat.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import { isNumberObject, parsePythonJson } from './pythonText.ts';
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
/** Columns of `trace_info`, keys of the metadata value, and those of `trace_metrics` that the upgrade takes token usage from. */
export const TOKEN_KEYS: readonly string[] = TOKEN_COLUMNS;
/** A decimal in a text, as Python reads it. */
const DECIMAL = /^\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$/;
const COST_COLUMNS = ['input_cost', 'output_cost', 'total_cost'];
/** Columns of `trace_info` and keys of the metadata value alike. */
export const COST_KEYS: readonly string[] = COST_COLUMNS;

/** Adds the columns of token usage and cost to the selection. */
export function promotedColumns(columns: Selection): { tokens: PromotedColumns; costs: PromotedColumns } {
  return {
    tokens: { names: TOKEN_COLUMNS, places: TOKEN_COLUMNS.map((name) => columns.int64(name)), isInteger: true },
    costs: { names: COST_COLUMNS, places: COST_COLUMNS.map((name) => columns.float64(name)), isInteger: false },
  };
}

/** The numbers as MLflow's SQL store writes them into metadata (`json.dumps`), null where all columns are NULL. */
export function promotedNumbers(row: RowView, columns: PromotedColumns): string | null {
  const numbers = columns.places.map((place) => {
    if (row.isNull(place)) return null;
    return columns.isInteger ? String(row.integer(place)) : pythonFloat(row.double(place) as number);
  });
  return numbersText(columns.names, numbers);
}

/** An object of these numbers, each given as its JSON text; null where there are none. */
export function numbersText(names: readonly string[], numbers: readonly (string | null)[]): string | null {
  const members = names.flatMap((name, index) => {
    const number = numbers[index] ?? null;
    return number === null ? [] : [`"${name}": ${number}`];
  });
  return members.length === 0 ? null : `{${members.join(', ')}}`;
}

/**
 * The JSON text of token usage as MLflow's upgrade to 3.17 leaves it: the known keys in their order, whole numbers only, those
 * of `trace_metrics` before those of the metadata value. Null where none is left.
 */
export function upgradedTokens(text: string | undefined, metrics: ReadonlyMap<string, number | null>): string | null {
  return numbersText(
    TOKEN_COLUMNS,
    tokensIn(text, metrics).map((count) => (count === null ? null : String(count))),
  );
}

/** Token usage by {@link TOKEN_KEYS}, null where there is none. */
export function tokensIn(
  text: string | undefined,
  metrics: ReadonlyMap<string, number | null> = new Map(),
): (bigint | null)[] {
  const usage = membersOf(text);
  return TOKEN_COLUMNS.map((name) => tokenCount(metrics.has(name) ? metrics.get(name) : usage[name]) ?? null);
}

/** The JSON text of costs as the upgrade leaves it: the known keys in their order, as floats. `spansTotal` stands in for a missing total. */
export function upgradedCosts(text: string | undefined, spansTotal: number | null): string | null {
  return numbersText(
    COST_COLUMNS,
    costsIn(text, spansTotal).map((cost) => (cost === null ? null : pythonFloat(cost))),
  );
}

/** Costs by {@link COST_KEYS}, null where there is none. */
export function costsIn(text: string | undefined, spansTotal: number | null = null): (number | null)[] {
  const cost = membersOf(text);
  return COST_COLUMNS.map((name) => {
    const value = finiteNumber(cost[name]) ?? (name === 'total_cost' ? finiteNumber(spansTotal) : undefined);
    if (value === undefined) return null;
    // The upgrade hands numbers to PostgreSQL as decimals, which know no -0.
    return value === 0 ? 0 : value;
  });
}

/** Members of a JSON object, none where the text is none. Integers beyond 2^53 stay exact, as far as int64 goes, as bigint. */
function membersOf(text: string | undefined): Readonly<Record<string, unknown>> {
  const value = text === undefined ? undefined : parsePythonJson(text, exactInteger);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function exactInteger(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  // What is longer is no count, and a bigint takes more than linear time to read.
  return source.length <= MAX_INT64_CHARACTERS && /^-?[0-9]+$/.test(source) ? BigInt(source) : value;
}

/** A whole number within int8, also where it is written with a fraction of zero or as text; undefined for all else. */
function tokenCount(value: unknown): bigint | undefined {
  const number = typeof value === 'bigint' ? value : finiteNumber(value);
  if (number === undefined || (typeof number === 'number' && !Number.isInteger(number))) return undefined;
  const count = BigInt(number);
  return BigInt.asIntN(64, count) === count ? count : undefined;
}

/** What Python's `float` makes of a JSON number or of a text, where that is finite. */
function finiteNumber(value: unknown): number | undefined {
  const isText = typeof value === 'string' && DECIMAL.test(value);
  const number = isText || typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** An object of numbers from its JSON text; nothing where it is none. */
export function writeNumbers(out: BsonWriter, name: FieldName, text: string | null): void {
  if (text !== null && isNumberObject(parsePythonJson(text))) writePythonJson(out, name, text, null);
}
