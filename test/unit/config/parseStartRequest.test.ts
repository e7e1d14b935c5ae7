import { expect, test } from 'vitest';
import { parseStartRequest, toMigrationRequest } from '../../../src/config/schemas/parseStartRequest.ts';
import { MigrationError } from '../../../src/errors.ts';

const failureOf = (body: unknown): MigrationError => {
  try {
    parseStartRequest(body);
  } catch (error) {
    if (error instanceof MigrationError) return error;
    throw error;
  }
  throw new Error('the body was accepted');
};

test.each([{}, { source: {} }, { migration_settings: { shard_keys: {} } }, { name: undefined }])(
  'refuses %j, which says nothing',
  (body) => {
    expect(failureOf(body)).toMatchObject({
      kind: 'config',
      message: 'The request does not say what to do',
      hint: expect.stringContaining('{"defaults": true}'),
    });
  },
);

test('fills in every default of a request that means them', () => {
  expect(toMigrationRequest(parseStartRequest({ defaults: true }))).toEqual({
    name: null,
    source: { kind: 'secret', secret: 'POSTGRES_URI', schema: null },
    target: { kind: 'secret', secret: 'MONGODB_URI', database: null },
    layout: 'tables',
    tables: null,
    exclude: [],
    experiments: null,
    workspace: null,
    artifacts: [],
    batchSize: 'auto',
    validate: 'full',
    parallel: null,
    dryRun: false,
    dropTarget: false,
    allowExisting: false,
    adoptTarget: false,
    catchUp: false,
    follow: null,
    direction: 'forth',
    agreedPlan: null,
    validateOnly: false,
    throughput: null,
    uniqueIndexes: 'auto',
    shardKeys: {},
    stallMinutes: 15,
    allowThroughput: null,
    allowDeletes: null,
  });
});

test('takes over what a request says', () => {
  const request = toMigrationRequest(
    parseStartRequest({
      name: 'prod-1',
      source: { server: 'pg1', user: 'migrator', schema: 'ml' },
      destination: { account: 'acct', database: 'mlflow', flavour: 'vcore' },
      layout: 'mlflow',
      tables: ['runs', 'runs', 'Metrics'],
      exclude: ['users', 'users'],
      workspace: 'team',
      adoptTarget: true,
      allowExisting: true,
      migration_settings: {
        batch_size: 500,
        dry_run: true,
        validate_data: false,
        create_indexes: true,
        preserve_timestamps: true,
        parallel: 3,
        throughput: { during: 4000 },
        shard_keys: { metrics: 'run_uuid' },
        stall_minutes: 1,
      },
    }),
  );
  expect(request).toMatchObject({
    name: 'prod-1',
    source: {
      kind: 'postgres-identity',
      server: 'pg1',
      port: 5432,
      database: 'mlflow',
      user: 'migrator',
      clientId: null,
      schema: 'ml',
    },
    target: { kind: 'cosmos-identity', account: 'acct', flavour: 'vcore', database: 'mlflow' },
    tables: ['runs', 'Metrics'],
    exclude: ['users'],
    batchSize: 500,
    validate: 'none',
    dryRun: true,
    throughput: { during: 4000, after: null },
    shardKeys: { metrics: 'run_uuid' },
    stallMinutes: 1,
    allowThroughput: null,
    allowDeletes: null,
  });
  expect(JSON.parse(JSON.stringify(request))).toEqual(request);
});

test.each([{ secret: 'MONGODB_URI' }, { account: 'acct', database: 'd' }])(
  'keeps what a request says of the account’s documents, and nothing where it does not: %j',
  (destination) => {
    const targetOf = (more: object) =>
      toMigrationRequest(parseStartRequest({ destination: { ...destination, ...more } })).target;
    expect(targetOf({ large_documents: true })).toMatchObject({ largeDocuments: true });
    for (const more of [{}, { large_documents: false }]) expect(targetOf(more)).not.toHaveProperty('largeDocuments');
  },
);

test('validate wins over the switch of the original tool', () => {
  const settings = { validate_data: false, validate: 'counts' };
  expect(toMigrationRequest(parseStartRequest({ migration_settings: settings })).validate).toBe('counts');
});

test('lists all faults at once, with paths and what was probably meant', () => {
  const failure = failureOf({
    nmae: 'x',
    layout: 'table',
    batch_size: 10,
    tables: ['runs', 7],
    migration_settings: { batch_size: -1, dry_run: 'false', paralel: 3, parallel: 99, create_indexes: false },
    source: { secret: 'A', sever: 'B' },
  });
  expect(failure.kind).toBe('config');
  expect(failure.message.split('; ').toSorted()).toEqual(
    [
      'Unknown key nmae',
      'did you mean name?',
      'Unknown key batch_size',
      'did you mean migration_settings.batch_size?',
      'layout must be "tables" or "mlflow"',
      'tables[1] must be a string, not a whole number',
      'migration_settings.batch_size must be at least 1',
      'migration_settings.dry_run must be true or false, not a string',
      'Unknown key migration_settings.paralel',
      'did you mean migration_settings.parallel?',
      'migration_settings.parallel must be at most 64',
      'migration_settings.create_indexes can only be true: indexes are always created',
      'Unknown key source.sever',
      'did you mean source.server?',
    ].toSorted(),
  );
});

test('takes fields of the document itself as shard keys', () => {
  expect(failureOf({ migration_settings: { shard_keys: { metrics: 'a.b', runs: 7 } } }).message).toBe(
    'migration_settings.shard_keys.metrics must be the name of a field of the document, without . and $; ' +
      'migration_settings.shard_keys.runs must be a string, not a whole number',
  );
});

test.each([
  [{ source: { connection_uri: 'postgresql://u:hunter22@h/db' } }, 'source.connection_uri'],
  [{ destination: { recommended: 'mongodb://u:hunter22@h/db' } }, 'destination.recommended'],
  [{ source: { secret: 'postgres://u:hunter22@h/db' } }, 'source.secret'],
  [{ name: 'mongodb+srv://u:hunter22@h/db' }, 'name'],
  [{ tables: ['runs', 'postgresql+psycopg2://u:hunter22@h/db'] }, 'tables[1]'],
  [{ source: { 'mongodb://u:hunter22@h': 1 } }, 'source.(a URI)'],
  [{ source: { server: 'pg', user: 'u', password: 'hunter22' } }, 'source.password'],
  ['postgresql://u:hunter22@h/db', 'The document'],
])('refuses a connection in the body: %#', (body, path) => {
  const failure = failureOf(body);
  expect(failure.message).toContain(`${path} holds a connection: connections go by name, never as a URI`);
  expect(failure.message).not.toContain('Unknown key');
  expect(failure.hint).toContain('Key Vault secret');
  expect(`${failure.message} ${failure.hint}`).not.toContain('hunter22');
});

test.each([
  [{ source: { secret: 'A', server: 'pg', user: 'u' } }, 'source takes secret or server, not both'],
  [{ source: { server: 'pg' } }, 'source.user is missing: server needs it'],
  [{ source: { user: 'u' } }, 'source.user needs source.server'],
  [{ destination: { secret: 'A', account: 'acct' } }, 'destination takes secret or account, not both'],
  [{ destination: { flavour: 'vcore' } }, 'destination.flavour needs destination.account'],
  [{ destination: { database: 'admin' } }, 'destination.database names the database admin, which MongoDB reserves'],
  [{ catchUp: true, dropTarget: true }, 'catchUp and dropTarget cannot be used together: leave one of them out'],
  [{ follow: 5, validateOnly: true }, 'follow and validateOnly cannot be used together: leave one of them out'],
  [{ catchUp: true, validateOnly: true }, 'catchUp and validateOnly cannot be used together: leave one of them out'],
  [
    { dropTarget: true, validateOnly: true },
    'dropTarget and validateOnly cannot be used together: leave one of them out',
  ],
  [
    { validateOnly: true, migration_settings: { dry_run: true } },
    'validateOnly and migration_settings.dry_run cannot be used together: validateOnly by itself compares: POST /api/migrations takes it, and writes nothing',
  ],
  [
    { catchUp: true, migration_settings: { validate: 'counts' } },
    'catchUp with validate "counts" brings nothing up to date: choose "full", or leave validate out',
  ],
  [
    { follow: 5, migration_settings: { validate: 'none' } },
    'follow with validate "none" has nothing to go on from: choose "full", or leave validate out',
  ],
  [
    { validateOnly: true, migration_settings: { throughput: { during: 400 }, allow_deletes: 3 } },
    'migration_settings.throughput is for a migration, and validateOnly writes nothing: leave one of them out; ' +
      'migration_settings.allow_deletes is for a migration, and validateOnly writes nothing: leave one of them out',
  ],
  [
    { validateOnly: true, migration_settings: { validate: 'none' } },
    'A comparison (validateOnly) with validate "none" compares nothing: choose "counts" or "full"',
  ],
  [
    { validateOnly: true, migration_settings: { validate_data: false } },
    'A comparison (validateOnly) with validate "none" compares nothing: choose "counts" or "full"',
  ],
  [
    { tables: ['runs', 'tags'], exclude: ['tags', 'params', 'runs'] },
    'tables and exclude leave nothing to carry: every table that is asked for is left out',
  ],
  [{ name: 'a b' }, 'name must be 1 to 64 letters, digits, - or _'],
  [{ name: '' }, 'name must be 1 to 64 letters, digits, - or _'],
  [{ tables: [] }, 'tables must hold at least 1 item'],
  [{ migration_settings: { batch_size: 100001 } }, 'migration_settings.batch_size must be at most 100000'],
  [
    { migration_settings: { throughput: { during: 450 } } },
    'migration_settings.throughput.during must be a multiple of 100',
  ],
  [{ migration_settings: { throughput: {} } }, 'migration_settings.throughput.during is missing'],
  [null, 'The document must be an object, not null'],
  [[], 'The document must be an object, not a list'],
])('refuses %j', (body, message) => {
  expect(failureOf(body).message).toBe(message);
});

test.each([
  [{ validateOnly: true }, /^validateOnly and an analysis cannot be used together: .*POST \/api\/migrations/],
  [{ follow: 5 }, /^follow and an analysis cannot be used together: leave it out/],
  [{ catchUp: true }, /^catchUp and an analysis cannot be used together: leave it out/],
  [{ dropTarget: true }, /^dropTarget and an analysis cannot be used together: leave it out/],
  [{ migration_settings: { dry_run: false } }, /^migration_settings\.dry_run is false, .*POST \/api\/migrations/],
])('refuses %j as an analysis, and where it is possible at all, takes it as a migration', (body, message) => {
  expect(() => parseStartRequest(body, 'analyses')).toThrow(message);
  expect(toMigrationRequest(parseStartRequest(body)).dryRun).toBe(false);
  if (!('migration_settings' in body)) {
    expect(() => parseStartRequest({ ...body, migration_settings: { dry_run: true } })).toThrow(
      /cannot be used together/,
    );
  }
});

test('what comes by the route of analyses is a dry run', () => {
  const settings = { dry_run: true, allow_throughput: 400, throughput: { during: 400 } };
  for (const body of [{ name: 'a' }, { defaults: true }, { migration_settings: settings }])
    expect(toMigrationRequest(parseStartRequest(body, 'analyses'), 'analyses').dryRun).toBe(true);
});

test.each([{ workspace: 'team' }, { workspace: 'team', layout: 'tables' }])(
  'refuses %j, as the layout carries all workspaces',
  (body) => {
    expect(failureOf(body).message).toBe(
      'workspace and layout "tables", which carries all workspaces, cannot be used together: leave workspace out, or choose layout "mlflow"',
    );
  },
);

test.each([
  { tables: ['runs'], exclude: ['tags'] },
  { workspace: 'team', layout: 'mlflow' },
  { source: { server: 'pg1', user: 'me' }, destination: { secret: 'POSTGRES_URI' } },
  { source: { secret: 'MONGODB_URI' }, destination: { account: 'acct' } },
])('takes %j, which leaves something and means two ends', (body) => {
  expect(() => parseStartRequest(body)).not.toThrow();
});

test('survives a body that is nothing but brackets', () => {
  const body: unknown = JSON.parse(`{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`);
  expect(failureOf(body).message).toBe('Unknown key a');
});

test('names what is wrong with a map of artifact locations, and shows none of it', () => {
  const artifacts = [{ from: 's3://a', to: 'ftp://u:hush@h/x' }, { from: 'b' }];
  const refused = () => parseStartRequest({ artifacts });
  expect(refused).toThrow(/artifacts\[0\]\.to must not hold a password.*artifacts\[1\]\.to is missing/);
  expect(refused).not.toThrow('hush');
});

test('a number that JSON cannot hold is not told to be a number', () => {
  const { message } = failureOf(JSON.parse('{"follow": 1e400}'));
  expect(message).toBe('follow must be a number, not one beyond 1.7e308');
});

test('a database name that MongoDB does not allow is told with what it takes, and no URI, which a body may not hold', () => {
  for (const database of ['a.b', 'x'.repeat(64)]) {
    const refused = failureOf({ destination: { secret: 'M', database } });
    expect(refused.hint).toMatch(/^It takes 1 to 63 bytes /);
    expect(refused.hint).not.toContain('mongodb://');
  }
});
