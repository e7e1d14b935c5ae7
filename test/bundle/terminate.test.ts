import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import type { Logger } from '../../packages/functions-host/src/logger.ts';
import { Worker } from '../../packages/functions-host/src/worker/worker.ts';
import { REQUEST } from '../orchestration/request.ts';

/** A source that takes connections and never says a word. */
const sockets: Socket[] = [];
const silent = createServer((socket) => void sockets.push(socket));
const settings = { ...process.env };
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
  process.env = settings;
});

test('told to terminate without a signal, the worker hands back what it was at, to be gone on with', async () => {
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  Object.assign(process.env, {
    AzureWebJobsStorage: inject('storageConnectionString'),
    KEY_VAULT_URI: '',
    SILENT_SOURCE: `postgresql://user@127.0.0.1:${(silent.address() as AddressInfo).port}/none?sslmode=disable&connect_timeout=120`,
    SOME_TARGET: inject('mongodbUri'),
  });
  const worker = new Worker({ write: () => undefined } as unknown as Logger);
  await worker.load(join(import.meta.dirname, '../..'));
  const preflight = worker.registry.find('preflight', 'activitytrigger');
  if (preflight === undefined) throw new Error('The app has no preflight');
  const request = {
    ...REQUEST,
    source: { ...REQUEST.source, secret: 'SILENT_SOURCE' },
    target: { ...REQUEST.target, secret: 'SOME_TARGET' },
  };
  const input = { id: 'terminated', run: '2026-01-01T00:00:00.000Z', request };
  const connected = once(silent, 'connection');
  const running = worker.invoke(preflight, {
    inputData: [{ name: preflight.triggerName, data: { json: JSON.stringify(input) } }],
  });
  await connected;
  const order: string[] = [];
  const begun = performance.now();
  await Promise.all([
    worker.terminate().then(() => order.push('terminated')),
    running.then(({ result }) => {
      order.push('answered');
      expect(result).toMatchObject({ ok: false, isTransient: true, problem: { kind: 'interrupted' } });
    }),
  ]);
  // Its answer is there before the process may end, though its connection does not hear.
  expect(order[0]).toBe('answered');
  expect(performance.now() - begun).toBeLessThan(60_000);
});
