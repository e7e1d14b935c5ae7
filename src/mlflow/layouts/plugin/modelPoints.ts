import type { LoneRows } from '../layout.ts';
import { rowKey } from '../rowKey.ts';
import { hasPointId } from './hasPointId.ts';
import type { LayoutSource } from './layoutSource.ts';
import type { PointId } from './pointIds.ts';

/** Columns of `logged_model_metrics` that tell which point of a run a row is, and what the documents hold of it. */
export const MODEL_METRIC_COLUMNS = [
  'model_id',
  'metric_name',
  'metric_timestamp_ms',
  'metric_step',
  'metric_value',
  'run_id',
  'dataset_name',
  'dataset_digest',
];

/** A bound of a range as SQL literals, null for none. */
export type Bound = readonly string[] | null;

/**
 * The points of runs with the logged model that each belongs to, as table `t`. SQL keeps such a point twice: in `metrics`
 * and in `logged_model_metrics`, there with 0 for NaN. Matching is by run, key, timestamp, step and stored value; the
 * first model of a point stands in the point's own document, each further one, and a model's point that no run has, in one
 * of its own. Where 0 and NaN were both logged at a point, a model's 0 is the 0.
 */
export function pointsOfModels(source: LayoutSource, lower: Bound, upper: Bound): string {
  const metrics = source.relation('metrics');
  const within = (columns: string) => {
    const conditions = [
      ...(lower === null ? [] : [`(${columns}) >= (${lower.join(', ')})`]),
      ...(upper === null ? [] : [`(${columns}) < (${upper.join(', ')})`]),
    ];
    return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  };
  const points =
    `(select run_uuid, key, "timestamp", step, value, is_nan, xmin as row_version, 1::int8 as place` +
    ` from ${metrics} w${within('run_uuid, key, "timestamp", step')}) m`;
  const point = 'l.run_id, l.metric_name, l.metric_timestamp_ms, l.metric_step';
  const ofModels =
    `(select ${point}, l.metric_value, l.model_id, l.dataset_name, l.dataset_digest, l.xmin as row_version,` +
    ` ${isNan(source, 'l')} as is_nan, row_number() over (partition by ${point}, l.metric_value order by l.model_id) as place` +
    ` from ${source.relation('logged_model_metrics')} l${within(point)}) p`;
  const younger =
    'case when p.model_id is null or age(m.row_version) <= age(p.row_version) then m.row_version else p.row_version end';
  return (
    `(select coalesce(m.run_uuid, p.run_id) as run_uuid, coalesce(m.key, p.metric_name) as key,` +
    ` coalesce(m."timestamp", p.metric_timestamp_ms) as "timestamp", coalesce(m.step, p.metric_step) as step,` +
    ` coalesce(m.value, p.metric_value) as value, coalesce(m.is_nan, p.is_nan) as is_nan,` +
    ` p.model_id, p.dataset_name, p.dataset_digest, (case when p.model_id is null then 0 else 1 end)::int8 as model_rows,` +
    ` (case when m.place is null then -1 else 0 end)::int8 as metric_rows, ${younger} as row_version` +
    ` from ${points} full join ${ofModels} on p.place = m.place and p.run_id = m.run_uuid and p.metric_name = m.key` +
    ` and p.metric_timestamp_ms = m."timestamp" and p.metric_step = m.step and p.metric_value = m.value` +
    ` and p.is_nan = m.is_nan) t`
  );
}

/** Is the value of a row of `logged_model_metrics` (over `alias`) none, which is kept as 0 there? The point's own row tells. */
function isNan(source: LayoutSource, alias: string): string {
  return (
    `case when ${alias}.metric_value = 0 then coalesce((select bool_and(z.is_nan) from ${source.relation('metrics')} z` +
    ` where z.run_uuid = ${alias}.run_id and z.key = ${alias}.metric_name and z."timestamp" = ${alias}.metric_timestamp_ms` +
    ` and z.step = ${alias}.metric_step and z.value = 0), false) else false end`
  );
}

/** Fields of the documents by the key's columns. */
const FIELDS: Readonly<Record<string, string>> = {
  model_id: 'model_id',
  metric_name: 'k',
  metric_timestamp_ms: 'timestamp',
  metric_step: 'step',
  run_id: 'run_id',
};

/** Documents of models beside those of the points themselves; null where the table has not MLflow's own key. */
export function loneModelPoints(source: LayoutSource, pointId: PointId): LoneRows | null {
  const table = source.find('logged_model_metrics', MODEL_METRIC_COLUMNS);
  const key = table === undefined ? undefined : rowKey(table, (column) => FIELDS[column]).rowKey;
  if (key === undefined) return null;
  const isNone = `${isNan(source, 't')} or t.metric_value is null`;
  const value = `(case when ${isNone} then 'NaN'::float8 else t.metric_value end)`;
  return {
    from: `${source.relation('logged_model_metrics')} t`,
    where: null,
    rowKey: [...key, { field: 'v', column: value, type: 'float8' }],
    isLone: (document) => typeof document['model_id'] === 'string' && !hasPointId(document, pointId),
  };
}
