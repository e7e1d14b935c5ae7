import { randomBytes } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { grantsFor } from '../../src/config/grantsFor.ts';
import { fixtureCounts } from '../support/fixtures.ts';
import { compare, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

// Names that need quotes, to be met by a real parser.
const user = `reader "${randomBytes(6).toString('hex')}' \\`;
const password = randomBytes(12).toString('hex');
const mongoUser = `writer "${randomBytes(6).toString('hex')}`;

const withLogin = (uri: string, name: string, secret: string): string =>
  uri.replace(/\/\/[^@]*@/, `//${encodeURIComponent(name)}:${encodeURIComponent(secret)}@`);

let app: TestApp;
let pair: Pair;
let readerUri: string;
let writerUri: string;

/** Runs what `grants --for mongodb` prints, as mongosh would. */
async function createMongoUser(statement: string, mongodbUri: string): Promise<void> {
  const client = new MongoClient(mongodbUri);
  try {
    const commands: [string, object][] = [];
    const db = {
      getSiblingDB: (name: string) => ({
        createUser: ({ user: createUser, ...rest }: { user: string }) => commands.push([name, { createUser, ...rest }]),
      }),
    };
    runInNewContext(statement, { db, passwordPrompt: () => password });
    for (const [name, command] of commands) await client.db(name).command(command as { createUser: string });
  } finally {
    await client.close();
  }
}

beforeAll(async () => {
  // The app gets its connections as settings when it starts: these two it knows by name and finds made.
  const settings: Record<string, string> = {};
  const maker = await TestApp.start();
  pair = await maker.pair('3.17.2');
  await maker[Symbol.asyncDispose]();
  const database = new URL(pair.postgresUri).pathname.slice(1);
  const sql = grantsFor({ target: 'postgres-password', user, database, schema: null, account: null });
  await runSql(pair.postgresUri, sql);
  await runSql(pair.postgresUri, `alter role ${pg.escapeIdentifier(user)} password '${password}'`);
  readerUri = withLogin(pair.postgresUri, user, password);
  const statement = grantsFor({
    target: 'mongodb',
    user: mongoUser,
    database: pair.database,
    schema: null,
    account: null,
  });
  await createMongoUser(statement, inject('mongodbUri'));
  // The login is looked up in the database of the URI.
  writerUri = withDatabase(withLogin(pair.mongodbUri.replace(/\?.*$/, ''), mongoUser, password), pair.database);
  settings['GRANTED_SOURCE'] = readerUri;
  settings['GRANTED_TARGET'] = writerUri;
  app = await TestApp.start(settings);
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  const role = pg.escapeIdentifier(user);
  await runSql(pair.postgresUri, `drop owned by ${role}; drop role ${role}`);
});

async function asReader<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: readerUri });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test('the role reads every table, also one that is made later', async () => {
  await runSql(pair.postgresUri, 'create table made_later ()');
  try {
    const { tables } = await fixtureCounts('3.17.2');
    await asReader(async (client) => {
      for (const [table, count] of Object.entries(tables)) {
        const { rows } = await client.query<{ count: string }>(`select count(*) from ${pg.escapeIdentifier(table)}`);
        expect([table, Number(rows[0]?.count)]).toEqual([table, count]);
      }
      await client.query('select * from made_later');
    });
  } finally {
    await runSql(pair.postgresUri, 'drop table made_later');
  }
});

test('the role writes no table and makes none, also when it switches its read-only default off', async () => {
  const { tables } = await fixtureCounts('3.17.2');
  await asReader(async (client) => {
    await expect(client.query('create table mine ()')).rejects.toMatchObject({ code: '25006' });
    await client.query('set default_transaction_read_only = off');
    for (const table of Object.keys(tables)) {
      const quoted = pg.escapeIdentifier(table);
      for (const sql of [`insert into ${quoted} default values`, `delete from ${quoted}`, `truncate ${quoted}`]) {
        await expect(client.query(sql), sql).rejects.toMatchObject({ code: '42501' });
      }
    }
    const { rows } = await client.query<{ allowed: boolean }>(
      `select bool_or(has_table_privilege(c.oid, 'insert, update, delete, truncate, references, trigger')) as allowed
       from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`,
    );
    expect(rows[0]?.allowed).toBe(false);
    // From PostgreSQL 15 on nobody but the owner makes tables in public.
    await expect(client.query('create table mine ()')).rejects.toMatchObject({ code: '42501' });
  });
});

test('these rights are enough for a migration, which is repeated and starts over as well', async () => {
  const names = { source: 'GRANTED_SOURCE', target: 'GRANTED_TARGET' };
  for (const body of [{}, {}, { dropTarget: true }]) {
    const { code, report } = await app.migrate(names, body);
    expect(report.problems).toEqual([]);
    expect(code).toBe(0);
  }
  expect((await compare(pair)).differences).toEqual([]);
});

test('the target user writes no other database', async () => {
  const client = new MongoClient(writerUri);
  try {
    await expect(client.db('elsewhere').collection<{ _id: number }>('x').insertOne({ _id: 1 })).rejects.toMatchObject({
      code: 13,
    });
  } finally {
    await client.close();
  }
  const users = await withTarget(pair, (db) => db.command({ usersInfo: mongoUser }));
  expect(users['users'][0].roles).toEqual([{ role: 'readWrite', db: pair.database }]);
});
