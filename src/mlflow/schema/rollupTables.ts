/** Daily sums that MLflow's SQL store keeps of traces (3.17 on), by the family that its queue knows them by. */
export const ROLLUP_TABLES: Readonly<Record<'trace_metric' | 'span_cost' | 'assessment', string>> = {
  trace_metric: 'sql_trace_metric_daily_rollups',
  span_cost: 'sql_span_cost_daily_rollups',
  assessment: 'sql_assessment_daily_rollups',
};

/** Days whose sums it makes anew, and answers from the traces until then. */
export const REBUILD_QUEUE = 'sql_trace_rollup_rebuild_queue';
