import { expect, inject, test } from 'vitest';
import { DocumentAccess } from '../../src/target/documentAccess.ts';
import { RateLimiter } from '../../src/target/rateLimiter.ts';
import { TargetDatabase } from '../../src/target/targetDatabase.ts';
import { startCosmosProxy } from '../faults/proxy/cosmosProxy.ts';

test('documents that no one reply can hold are read through refusals', async () => {
  const server = new URL(inject('mongodbUri'));
  const upstream = { host: server.hostname, port: Number(server.port) };
  const proxy = await startCosmosProxy({ upstream, flavour: 'ru', seed: 3, requestUnitsPerSecond: 400 });
  const database = `replies_${process.pid}_${Date.now()}`;
  server.host = `127.0.0.1:${proxy.port}`;
  server.pathname = '/';
  server.searchParams.set('authSource', 'admin');
  const direct = new TargetDatabase({ uri: inject('mongodbUri'), options: {}, database, display: 't' }, 2);
  const target = new TargetDatabase({ uri: server.href, options: {}, database, display: 't' }, 2);
  try {
    // Two documents over what a server puts into one reply.
    const ids = Array.from({ length: 10 }, (_, index) => `id ${index}`);
    const text = 'x'.repeat(1_900_000);
    await direct.db.collection<{ _id: string; text: string }>('large').insertMany(ids.map((_id) => ({ _id, text })));
    const limiter = new RateLimiter({ maxInFlight: 2, initialRate: 400, isRateKnown: true });
    const access = new DocumentAccess(
      target,
      await target.traits(),
      limiter,
      { collection: 'large' },
      { stallMs: 15_000 },
    );
    expect(access.traits.flavour).toBe('cosmos-ru');
    const found = await access.findByIds([...ids, 'none']);
    expect([...found.keys()].toSorted()).toEqual(ids);
    expect([...found.values()].every((document) => document.length > text.length)).toBe(true);
  } finally {
    await direct.db.dropDatabase();
    await Promise.all([direct.close(), target.close()]);
    await proxy.stop();
  }
});
