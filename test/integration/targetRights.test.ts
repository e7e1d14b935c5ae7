import { randomBytes } from 'node:crypto';
import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { type Db, MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { compare, type Pair, TestApp, withTarget } from '../support/runMigration.ts';

const PASSWORD = `canary-of-rights-${randomBytes(6).toString('hex')}`;
const DATABASE = `rights_${randomBytes(4).toString('hex')}`;
const ALL = ['find', 'insert', 'update', 'remove', 'createIndex', 'listIndexes', 'listCollections', 'dropCollection'];

/** Roles that may do all but something in the database, by the name of the target that logs in with them. */
const ROLES: Readonly<Record<string, { actions: string[] }>> = {
  WITHOUT_REMOVE: { actions: ALL.filter((action) => action !== 'remove') },
  WITHOUT_CREATE_INDEX: { actions: ALL.filter((action) => action !== 'createIndex') },
  WITHOUT_LIST_INDEXES: { actions: ALL.filter((action) => action !== 'listIndexes') },
  WITHOUT_DROP: { actions: ALL.filter((action) => action !== 'dropCollection') },
  READER: { actions: ['find', 'listCollections'] },
};

let app: TestApp;
let source: Pair;

const asUser = (name: string): string => {
  const uri = new URL(withDatabase(inject('mongodbUri'), DATABASE));
  uri.username = `${DATABASE}_${name}`;
  uri.password = PASSWORD;
  uri.searchParams.set('authSource', 'admin');
  return uri.href;
};

async function asAdmin<T>(work: (admin: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(inject('mongodbUri'));
  try {
    return await work(client.db('admin'));
  } finally {
    await client.close();
  }
}

beforeAll(async () => {
  await asAdmin(async (admin) => {
    for (const [name, { actions }] of Object.entries(ROLES)) {
      const role = `${DATABASE}_${name}`;
      const privileges = [{ resource: { db: DATABASE, collection: '' }, actions }];
      await admin.command({ createRole: role, privileges, roles: [] });
      await admin.command({ createUser: role, pwd: PASSWORD, roles: [role] });
    }
  });
  app = await TestApp.start(Object.fromEntries(Object.keys(ROLES).map((name) => [name, asUser(name)])));
  source = await app.pair('1.30.1');
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await asAdmin(async (admin) => {
    for (const name of Object.keys(ROLES)) {
      await admin.command({ dropUser: `${DATABASE}_${name}` });
      await admin.command({ dropRole: `${DATABASE}_${name}` });
    }
  });
});

test.each([
  ['WITHOUT_REMOVE', {}, 'write to', 'remove'],
  ['WITHOUT_CREATE_INDEX', {}, 'write to', 'createIndex'],
  ['WITHOUT_LIST_INDEXES', {}, 'write to', 'listIndexes'],
  ['WITHOUT_DROP', { dropTarget: true }, 'write to', 'dropCollection'],
  ['READER', { validateOnly: true }, 'read', 'listIndexes'],
])('a user %s is told which right is missing, before anything is made', async (target, body, what, action) => {
  const { code, report } = await app.migrate({ source: source.source, target }, body);
  expect(report.problems).toEqual([
    {
      kind: 'target-refused',
      message: expect.stringMatching(
        new RegExp(`^The user may not ${what} .*/${DATABASE} .*: it lacks the right to ${action} \\(code 13\\)$`),
      ),
      hint: expect.stringContaining(what === 'read' ? 'role read on' : 'role readWrite on'),
    },
  ]);
  expect(code).toBe(4);
  const made = await asAdmin((admin) => admin.client.db(DATABASE).listCollections().toArray());
  expect(made).toEqual([]);
});

test('a right that the run does not need is not asked for', async () => {
  const dryRun = await app.migrate({ source: source.source, target: 'READER' }, {}, 'analyses');
  expect(dryRun.report.problems).toEqual([]);
  const { report, code } = await app.migrate({ source: source.source, target: 'WITHOUT_DROP' });
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  const mongodbUri = withDatabase(inject('mongodbUri'), DATABASE);
  expect((await compare({ ...source, mongodbUri, database: DATABASE })).differences).toEqual([]);
});

test.each([
  [
    'a view',
    (db: Db) => db.createCollection('runs', { viewOn: 'other', pipeline: [] }),
    /^runs of .* is a view/,
    'another target database',
  ],
  [
    'a capped collection',
    (db: Db) => db.createCollection('runs', { capped: true, size: 4096 }),
    /^runs .* capped/,
    'drop',
  ],
  [
    'a time-series collection',
    (db: Db) => db.createCollection('metrics', { timeseries: { timeField: 't' } }),
    /^metrics of .* is a time-series collection/,
    'another target database',
  ],
  [
    'a default collation',
    (db: Db) => db.createCollection('tags', { collation: { locale: 'de', strength: 1 } }),
    /^tags of .* has the default collation de/,
    '--drop-target',
  ],
  [
    'a validator',
    (db: Db) => db.createCollection('params', { validator: { value: { $type: 'int' } } }),
    /^params of .* has a validator/,
    'collMod: "params"',
  ],
])('%s in the place of a collection is told by name before a row is read', async (_what, make, message, cure) => {
  const pair = await app.pair('1.30.1');
  await withTarget(pair, async (db) => void (await make(db)));
  const expected = [
    {
      kind: 'target-refused',
      message: expect.stringMatching(message),
      hint: expect.stringContaining(cure),
    },
  ];
  for (const route of ['analyses', 'migrations']) {
    const { code, report } = await app.migrate(pair, {}, route);
    expect({ code, problems: report.problems }).toEqual({ code: 4, problems: expected });
  }
  const dropped = await app.migrate(pair, { dropTarget: true });
  expect(dropped.report.problems).toEqual([]);
  expect((await compare(pair)).differences).toEqual([]);
});

test('a validator that only warns is no hindrance, nor one that stands where documents are only compared', async () => {
  const pair = await app.pair('1.30.1');
  const validator = { value: { $type: 'int' } };
  await withTarget(pair, (db) => db.createCollection('params', { validator, validationAction: 'warn' }));
  expect((await app.migrate(pair)).report.problems).toEqual([]);
  await withTarget(pair, (db) => db.command({ collMod: 'params', validationAction: 'error' }));
  expect((await app.migrate(pair, { validateOnly: true })).code).toBe(0);
});
