import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { SourcePool } from '../../../src/source/sourcePool.ts';

/** A server that has no connection to spare: the pool that asks it. */
async function poolOfFullServer(maxConnections: number): Promise<SourcePool> {
  const fields = Buffer.from('SFATAL\0C53300\0Msorry, too many clients already\0\0');
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([head, fields])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const config = { host: '127.0.0.1', port, user: 'u', password: 'p', database: 'd', ssl: false };
  const pool = new SourcePool({ display: 'h:1/d', schema: null, config }, maxConnections);
  onTestFinished(async () => {
    await pool.close();
    server.close();
  });
  return pool;
}

test('whoever waits for a full server hears its signal, in line or between two tries', async () => {
  const pool = await poolOfFullServer(1);
  const stop = new AbortController();
  const waiting = [pool.connect(stop.signal), pool.connect(stop.signal), pool.connect()];
  const stopped = waiting.slice(0, 2).map(async (one) => await expect(one).rejects.toThrow('cancelled'));
  const refused = expect(waiting[2]).rejects.toMatchObject({ kind: 'source-unreachable' });
  const begunAt = performance.now();
  setTimeout(() => stop.abort(new Error('cancelled')), 50);
  await Promise.all(stopped);
  expect(performance.now() - begunAt).toBeLessThan(2_000);
  // The one behind them has its turn, and is told after a while.
  await refused;
});
