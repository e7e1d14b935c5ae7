import { expect, test } from 'vitest';
import { readFunctionTimeout } from '../../../src/config/functionTimeout.ts';
import type { ConnectionResolver } from '../../../src/config/resolveConnection.ts';
import type { TargetRef } from '../../../src/contract/migrationRequest.ts';
import { Connections, RETIRE_MS } from '../../../src/runtime/connections.ts';
import { targetTraits } from '../../../src/target/targetTraits.ts';

const URIS: Readonly<Record<string, string>> = {
  one: 'mongodb://a:secret@h1:1,h2:2/?replicaSet=r',
  other: 'mongodb://b:secret@h2:2,H1:1/?replicaSet=r',
  elsewhere: 'mongodb://a:secret@h3:1/',
  srv: 'mongodb+srv://a:secret@cluster.example.com/',
  sameSrv: 'mongodb+srv://b:secret@cluster.example.com/?retryReads=false',
};
const TRAITS = targetTraits({ setName: 'globaldb', isWritablePrimary: true }, '7.0', 'h', false);
const PACE = { traits: TRAITS, requestUnitsPerSecond: 400 };

const resolver = {
  resolveMongo: async (ref: { secret: string; database: string }) => ({
    uri: URIS[ref.secret],
    options: {},
    database: ref.database,
    display: ref.secret,
  }),
} as unknown as ConnectionResolver;

test('names of one target share one rate limiter, and only these', async () => {
  const connections = new Connections(resolver);
  const limiter = (secret: string, database = 'd') =>
    connections.useTarget({ kind: 'secret', secret, database } as TargetRef, async (target) =>
      connections.limiter(target, PACE),
    );
  try {
    const first = await limiter('one');
    expect(await limiter('other')).toBe(first);
    expect(await limiter('one', 'e')).not.toBe(first);
    expect(await limiter('elsewhere')).not.toBe(first);
    expect(await limiter('sameSrv')).toBe(await limiter('srv'));
  } finally {
    await connections.close();
  }
});

test('a client that is replaced outlives every invocation that may use it', () => {
  expect(RETIRE_MS).toBeGreaterThan(readFunctionTimeout(new URL('../../../host.json', import.meta.url), {}));
});
