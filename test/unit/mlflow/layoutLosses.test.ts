import { Long } from 'bson';
import { describe, expect, test } from 'vitest';
import { collectionOf, documentOf, layoutOf, lossesOf, schemaOf, table } from './layoutRows.ts';

const SCHEMA = schemaOf(
  table('experiments', ['experiment_id:int4!', 'name', 'artifact_location', 'lifecycle_stage']),
  table('runs', ['run_uuid!', 'name', 'status', 'user_id', 'start_time:int8', 'lifecycle_stage', 'experiment_id:int4']),
  table('registered_models', ['name!']),
  table('model_versions', ['name!', 'version:int8!', 'current_stage', 'status']),
  table('trace_info', ['request_id!', 'experiment_id:int4', 'timestamp_ms:int8', 'status']),
  table('trace_request_metadata', ['key!', 'value', 'request_id!']),
  table('assessments', [
    'assessment_id!',
    'trace_id',
    'assessment_type',
    'value:text',
    'error:text',
    'created_timestamp:int8',
    'last_updated_timestamp:int8',
    'valid:bool',
  ]),
  table('logged_models', [
    'model_id!',
    'experiment_id:int4',
    'name',
    'artifact_location',
    'creation_timestamp_ms:int8',
    'last_updated_timestamp_ms:int8',
    'status:int4',
    'lifecycle_stage',
  ]),
);
const collection = (name: string) => collectionOf(layoutOf(SCHEMA), name);

const RUN = {
  run_uuid: 'r',
  name: 'n',
  status: 'FINISHED',
  user_id: '',
  start_time: 1n,
  lifecycle_stage: 'active',
  experiment_id: 1n,
};
const ASSESSMENT = {
  assessment_id: 'a',
  trace_id: 't',
  assessment_type: 'feedback',
  value: 'true',
  created_timestamp: 1n,
  last_updated_timestamp: 1n,
  valid: true,
  experiment_id: 1n,
};

describe('what a document of the plugin does not hold as the row does', () => {
  test('is nothing where every value has its place', () => {
    expect(lossesOf(collection('runs'), RUN)).toEqual([]);
    expect(
      lossesOf(collection('experiments'), { experiment_id: 0n, artifact_location: '', lifecycle_stage: 'active' }),
    ).toEqual([]);
  });

  test.each([
    ['status', 'SCHEDULED'],
    ['user_id', ''],
    ['start_time', Long.ZERO],
    ['lifecycle_stage', 'active'],
  ])('is a note where %s of a run is NULL', (field, stands) => {
    expect(lossesOf(collection('runs'), { ...RUN, [field]: null })).toEqual([`note ${field}`]);
    expect(documentOf(collection('runs'), { ...RUN, [field]: null })).toMatchObject({ [field]: stands });
  });

  test('is an error for a status of a logged model that MLflow does not know, and a note for none', () => {
    const model = {
      model_id: 'm',
      experiment_id: 1n,
      name: 'n',
      artifact_location: '',
      creation_timestamp_ms: 1n,
      last_updated_timestamp_ms: 1n,
      lifecycle_stage: 'active',
    };
    const losses = (status: bigint | null) => lossesOf(collection('logged_models'), { ...model, status });
    expect([0n, 17n, null].map(losses)).toEqual([[], ['error status'], ['note status']]);
  });

  test('is a note where MLflow’s upgrade leaves something else, not where it writes the same in other words', () => {
    const trace = { request_id: 't', experiment_id: 1n, timestamp_ms: 1n, status: 'OK' };
    const losses = (usage: string) =>
      lossesOf(collection('traces'), trace, { trace_request_metadata: [['mlflow.trace.tokenUsage', usage]] });
    expect(losses('{"total_tokens":3,"input_tokens":2}')).toEqual([]);
    expect(losses('{"input_tokens": 2, "other": 9}')).toEqual(['note trace_metadata.mlflow.trace.tokenUsage']);
  });

  test('is an error of the whole row where a time has no text, without the time in its message', () => {
    const at = (created_timestamp: bigint) => () =>
      lossesOf(collection('assessments'), { ...ASSESSMENT, created_timestamp });
    expect(at(0n)()).toEqual([]);
    for (const far of [9_223_372_036_854_775_807n, 253_402_300_800_000n, -70_000_000_000_000n])
      expect(at(far)).toThrow(/^A time of the assessment is outside of the years 1 to 9999/);
  });

  test('is a note for the error of an expectation, and for a value that is no JSON', () => {
    const expectation = { ...ASSESSMENT, assessment_type: 'expectation', error: '{"error_code": "x"}' };
    expect(lossesOf(collection('assessments'), expectation)).toEqual(['note content.expectation.error']);
    expect(lossesOf(collection('assessments'), { ...ASSESSMENT, value: 'no json' })).toEqual([
      'note content.feedback.value',
    ]);
  });

  test('is nothing for a version beyond 32 bits, which stands as int64 under an id of its own', () => {
    const version = (value: bigint) =>
      documentOf(collection('model_versions'), { name: 'm', version: value, current_stage: 'None', status: 'READY' });
    expect(version(3_000_000_000n)['version']).toEqual(Long.fromBigInt(3_000_000_000n));
    const ids = [2n ** 53n, 2n ** 53n + 1n].map((value) => String(version(value)['_id']));
    expect(ids[0]).not.toBe(ids[1]);
  });
});
