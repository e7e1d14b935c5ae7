import { BSON_TYPE, type BsonWriter, fieldName } from '../../../encoding/bsonWriter.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import { quoteLiteral } from '../../../quoteSql.ts';
import { writeTextIfAny } from './fields.ts';
import type { LayoutSource } from './layoutSource.ts';
import type { Selection } from './selection.ts';

const DIMENSION_ATTRIBUTES = fieldName('dimension_attributes');
const MODEL = fieldName('model');
const PROVIDER = fieldName('provider');
const COST = fieldName('cost');
const COSTS = ['input_cost', 'output_cost', 'total_cost'];
const COST_FIELDS = COSTS.map(fieldName);

/** Characters of the columns `model_name` and `model_provider`. */
const DIMENSION_CHARACTERS = 500;
const MODEL_ATTRIBUTE = 'mlflow.llm.model';
const PROVIDER_ATTRIBUTE = 'mlflow.llm.provider';

/** What spans are counted and summed by in trace metrics: places in the row. */
export interface SpanFigures {
  readonly model: number;
  readonly provider: number;
  readonly costs: readonly number[];
  /** False where they stand in another table. */
  readonly areInTheRow: boolean;
}

/**
 * Selects model, provider and costs as the SQL store has them: in columns (3.17 on); before, as the upgrade fills these
 * columns, from `dimension_attributes` and `span_metrics`. What only the content tells is none there and so none here.
 */
export function spanFigures(source: LayoutSource, columns: Selection): SpanFigures {
  if (source.has('spans', 'model_name', 'model_provider', ...COSTS)) {
    columns.alsoUses('dimension_attributes');
    return {
      model: columns.text('model_name'),
      provider: columns.text('model_provider'),
      costs: COSTS.map((name) => columns.float64(name)),
      areInTheRow: true,
    };
  }
  const hasAttributes = source.has('spans', 'dimension_attributes');
  const attribute = (key: string) =>
    columns.expression(
      hasAttributes
        ? `left(t.dimension_attributes::json ->> ${quoteLiteral(key)}, ${DIMENSION_CHARACTERS})::text`
        : 'null::text',
    );
  const hasMetrics = source.has('span_metrics', 'trace_id', 'span_id', 'key', 'value');
  const metric = (key: string) =>
    columns.expression(
      hasMetrics
        ? `(select m.value::float8 from ${source.relation('span_metrics')} m` +
            ` where m.trace_id = t.trace_id and m.span_id = t.span_id and m.key = ${quoteLiteral(key)})`
        : 'null::float8',
    );
  columns.alsoUses('dimension_attributes');
  return {
    model: attribute(MODEL_ATTRIBUTE),
    provider: attribute(PROVIDER_ATTRIBUTE),
    costs: COSTS.map(metric),
    areInTheRow: !hasMetrics,
  };
}

/** Writes the fields `dimension_attributes` and `cost`, which is null where there are no costs. */
export function writeFigures(out: BsonWriter, row: RowView, figures: SpanFigures): void {
  const dimensions = out.beginField(BSON_TYPE.document, DIMENSION_ATTRIBUTES);
  writeTextIfAny(out, MODEL, row, figures.model);
  writeTextIfAny(out, PROVIDER, row, figures.provider);
  out.end(dimensions);
  const costs = figures.costs.map((place) => row.double(place));
  if (!costs.some(isFiniteNumber)) {
    out.null(COST);
    return;
  }
  const document = out.beginField(BSON_TYPE.document, COST);
  costs.forEach((cost, index) => {
    if (isFiniteNumber(cost)) out.double(COST_FIELDS[index] as Buffer, cost);
  });
  out.end(document);
}

function isFiniteNumber(value: number | null): value is number {
  return Number.isFinite(value);
}
