import type { MongoClient } from 'mongodb';
import { expect, test } from 'vitest';
import { MONGO_OPTIONS } from '../../../../src/config/mongo/mongoOptions.ts';
import { createConnectionResolver } from '../../../../src/config/resolveConnection.ts';
import { TargetDatabase } from '../../../../src/target/targetDatabase.ts';

const optionsOf = async (query: string, host: string): Promise<MongoClient['options']> => {
  const env = { MONGODB_URI: `mongodb://u:p@${host}/db?${query}` };
  const resolver = createConnectionResolver(env);
  const target = new TargetDatabase(
    await resolver.resolveMongo({ kind: 'secret', secret: 'MONGODB_URI', database: null }),
    12,
  );
  const { options } = target.db.client;
  await target.close();
  return options;
};

const NUMBERS = MONGO_OPTIONS.filter(({ treatment, values, needs }) => {
  return treatment === 'honoured' && values === 'number' && needs === null;
});

test.each(NUMBERS)('$name of the URI wins over what the program would take, on Azure too', async ({ name }) => {
  for (const host of ['h', 'acct.mongo.cosmos.azure.com:10255']) {
    expect(await optionsOf(`${name}=7`, host)).toMatchObject({ [name]: 7 });
  }
});
