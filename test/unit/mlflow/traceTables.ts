import { table } from './layoutRows.ts';

/** Columns of `trace_info` before 3.17, and those that came with it. */
export const TRACE_INFO = [
  'request_id!',
  'experiment_id:int4',
  'timestamp_ms:int8',
  'execution_time_ms:int8',
  'status',
  'client_request_id',
  'request_preview',
  'response_preview',
];
export const PROMOTED = [
  'trace_name',
  'session_id',
  'input_tokens:int8',
  'output_tokens:int8',
  'total_tokens:int8',
  'cache_read_input_tokens:int8',
  'cache_creation_input_tokens:int8',
  'cache_creation_input_tokens_above_1hr:int8',
  'input_cost:float8',
  'output_cost:float8',
  'total_cost:float8',
];
/** A table of tags or metadata of traces. */
export const pairs = (name: string) => table(name, ['key!', 'value', 'request_id!']);
export const ASSOCIATIONS = table('entity_associations', [
  'association_id',
  'source_type!',
  'source_id!',
  'destination_type!',
  'destination_id!',
  'created_time:int8',
]);
export const SPAN_COLUMNS = [
  'trace_id!',
  'span_id!',
  'parent_span_id',
  'name',
  'type',
  'status',
  'start_time_unix_nano:int8',
  'end_time_unix_nano:int8',
  'content:text',
];
/** Since 3.17. */
export const SPAN_FIGURES = [
  'input_cost:float8',
  'output_cost:float8',
  'total_cost:float8',
  'model_name',
  'model_provider',
];
export const ASSESSMENT_COLUMNS = [
  'assessment_id!',
  'trace_id',
  'name',
  'assessment_type',
  'value',
  'error',
  'created_timestamp:int8',
  'last_updated_timestamp:int8',
  'source_type',
  'source_id',
  'run_id',
  'span_id',
  'rationale',
  'overrides',
  'valid:bool',
  'assessment_metadata',
];
