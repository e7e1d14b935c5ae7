import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseStartRequest, toMigrationRequest } from '../../../src/config/schemas/parseStartRequest.ts';
import { toStartRequest } from '../../../src/config/schemas/toStartRequest.ts';
import type { StartRequest } from '../../../src/contract/startRequest.ts';

const GUID = '00000000-0000-0000-0000-000000000001';
const maybe = <T>(value: T) => fc.option(fc.constant(value), { nil: undefined });
const units = fc.integer({ min: 4, max: 1_000 }).map((hundreds) => hundreds * 100);

const source = fc.oneof(
  fc.record({ secret: fc.constantFrom('POSTGRES_URI', 'prod-pg'), schema: maybe('ml') }),
  fc.record({ server: fc.constant('pg1'), user: fc.constant('me'), port: maybe(6432), client_id: maybe(GUID) }),
);
const destination = fc.oneof(
  fc.record({ secret: fc.constant('MONGODB_URI'), database: maybe('lab'), large_documents: maybe(true) }),
  fc.record({ account: fc.constant('acct'), resource_group: maybe('rg'), subscription: maybe(GUID) }),
  fc.record({ account: fc.constant('cluster'), flavour: fc.constant('vcore' as const), client_id: maybe(GUID) }),
);
const settings = fc.record({
  batch_size: fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined }),
  parallel: maybe(7),
  unique_indexes: maybe('none' as const),
  throughput: fc.option(fc.record({ during: units, after: fc.option(units, { nil: undefined }) }), { nil: undefined }),
  allow_throughput: maybe('all' as const),
  shard_keys: maybe({ metrics: 'run_uuid' }),
  allow_deletes: maybe(7),
  stall_minutes: maybe(1),
});
const anyBody: fc.Arbitrary<StartRequest> = fc.record({
  name: fc.constant('lab'),
  source,
  destination,
  layout: maybe('mlflow' as const),
  tables: maybe(['runs', 'metrics']),
  exclude: maybe(['spans']),
  workspace: maybe('team'),
  experiments: maybe(['churn', '7']),
  artifacts: maybe([{ from: 's3://a', to: 'gs://b' }]),
  allowExisting: maybe(true),
  adoptTarget: maybe(true),
  follow: maybe(60),
  migration_settings: settings,
});
/** A workspace is chosen in one layout alone. */
const body = anyBody.map((asked) => (asked.layout === 'mlflow' ? asked : { ...asked, workspace: undefined }));
/** As it would be sent: keys without a value are none. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('what a run was asked for, sent again, asks for the same', () => {
  fc.assert(
    fc.property(body, (asked) => {
      const request = toMigrationRequest(parseStartRequest(sent(asked)));
      expect(toMigrationRequest(parseStartRequest(sent(toStartRequest(request))))).toEqual(request);
    }),
  );
});

test.each([
  ['a dry run', { name: 'lab', migration_settings: { dry_run: true } }],
  ['a comparison', { name: 'lab', validateOnly: true }],
  ['a catch-up', { name: 'lab', catchUp: true }],
  ['a way back', { name: 'lab', direction: 'back' }],
])('%s stays what it is', (_what, asked) => {
  const request = toMigrationRequest(parseStartRequest(asked));
  expect(toMigrationRequest(parseStartRequest(sent(toStartRequest(request))))).toEqual(request);
});

test('what the target holds by then stays there', () => {
  const request = toMigrationRequest(parseStartRequest({ name: 'lab', dropTarget: true }));
  expect(request.dropTarget).toBe(true);
  expect(toMigrationRequest(parseStartRequest(sent(toStartRequest(request)))).dropTarget).toBe(false);
});
