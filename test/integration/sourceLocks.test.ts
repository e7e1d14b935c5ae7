import pg from 'pg';
import { expect, test } from 'vitest';
import { createConnectionResolver } from '../../src/config/resolveConnection.ts';
import { SourceDatabase } from '../../src/source/sourceDatabase.ts';
import { freshSource } from '../support/databases.ts';
import { runSql } from '../support/runMigration.ts';

test('a table that a session has for itself is not waited for without end, and the session is named', async () => {
  const { uri, name, drop } = await freshSource('empty');
  await runSql(uri, `create table runs as select 1 as a; alter database ${name} set lock_timeout = '200ms'`);
  const holder = new pg.Client({ connectionString: uri });
  await holder.connect();
  const resolver = createConnectionResolver({ URI: uri });
  const source = SourceDatabase.open(
    await resolver.resolvePostgres({ kind: 'secret', secret: 'URI', schema: null }),
    1,
  );
  const read = () => source.read(async (client) => (await client.query('select a from runs')).rowCount);
  const limit = () => source.read(async (client) => (await client.query('show lock_timeout')).rows[0]);
  try {
    const { rows } = await holder.query('select pg_backend_pid() as pid');
    await holder.query('begin; lock table runs in access exclusive mode');
    await expect(read()).rejects.toMatchObject({
      kind: 'source-unreachable',
      message: expect.stringMatching(new RegExp(`is locked \\(55P03\\): runs by process ${rows[0].pid}$`)),
    });
    await holder.query('rollback');
    expect(await read()).toBe(1);
    expect(await limit()).toEqual({ lock_timeout: '200ms' });
  } finally {
    await source.close();
    await holder.end();
    await drop();
  }
});
