import { MongoClient } from 'mongodb';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { commandLines } from '../../packages/dev-servers/test/support/processes.ts';

async function select(uri: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

describe("the suites' servers", () => {
  it('ask for a password', async () => {
    const uri = new URL(inject('postgresUri'));
    uri.password = 'wrong';
    await expect(select(uri.href, 'select 1')).rejects.toThrow(/password authentication failed/);
    const mongo = new MongoClient(inject('mongodbUri').replace(inject('canary'), 'wrong'));
    await expect(mongo.db('x').command({ ping: 1 })).rejects.toThrow(/Authentication failed/);
    await mongo.close();
  });

  it('show the password to nobody who lists processes', () => {
    expect(commandLines().join('\n')).not.toContain(inject('canary'));
  });

  it('know UTF-8 without any locale of the machine', async () => {
    expect(await select(inject('postgresUri'), "select lower('ÄÖ') || length('🧪')")).toEqual(['äö1']);
  });
});
