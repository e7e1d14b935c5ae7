import type { InvocationContext } from '@azure/functions';
import { expect, test } from 'vitest';
import { makePreflight } from '../../../src/activities/preflight.ts';
import { createConnectionResolver } from '../../../src/config/resolveConnection.ts';
import { Connections } from '../../../src/runtime/connections.ts';
import { Services } from '../../../src/runtime/services.ts';
import { NO_METRICS } from '../../../src/telemetry/metrics.ts';
import { REQUEST } from '../../orchestration/request.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';
import { startSilentServer } from '../../support/silentServer.ts';

const context = {
  functionName: 'preflight',
  log: () => undefined,
  error: () => undefined,
  options: { extraInputs: [] },
} as unknown as InvocationContext;

test.concurrent.each([
  ['never answer', '', ''],
  ['never shake hands', '&sslmode=require', '&tls=true'],
])('ends that take the connection and %s are named, each with its address', async (_what, pg, mongo) => {
  await using server = await startSilentServer();
  const env = {
    POSTGRES_URI: `postgresql://u:p@127.0.0.1:${server.port}/d?connect_timeout=1${pg}`,
    MONGODB_URI: `mongodb://127.0.0.1:${server.port}/d?serverSelectionTimeoutMS=1000&connectTimeoutMS=1000${mongo}`,
  };
  const connections = new Connections(createConnectionResolver(env));
  const services = new Services(connections, new MemoryBlobs(), NO_METRICS, new AbortController().signal);
  const message = { id: 'm', run: 'r', request: REQUEST };
  const answer = (await makePreflight(services)(message, context)) as { value?: { problems: unknown } };
  expect(answer.value?.problems).toMatchObject([
    { kind: 'source-unreachable', message: expect.stringContaining(`127.0.0.1:${server.port}/d`) },
    { kind: 'target-unreachable', message: expect.stringContaining(`127.0.0.1:${server.port}/d`) },
  ]);
  await connections.close();
});
