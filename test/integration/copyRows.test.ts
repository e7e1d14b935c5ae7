import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { copyRows, eachRow } from '../../src/source/copyRows.ts';
import { type FreshSource, freshSource } from '../support/databases.ts';

/** Rows of very different lengths: one has a thousand times the bytes of all others, more than a socket reads at once. */
function rowsOf(count: number) {
  const large = count * 1000;
  return {
    select:
      "select i, case when i % 7 = 0 then null else repeat('ä', (i * i) % 1000) end," +
      ` case when i = ${count / 2} then repeat('x', ${large}) else '' end from generate_series(1, ${count}) i`,
    lengths: Array.from({ length: count }, (_unused, index) => {
      const i = index + 1;
      return [i % 7 === 0 ? -1 : ((i * i) % 1000) * 2, i === count / 2 ? large : 0];
    }).flat(),
  };
}
const MANY = rowsOf(3000);
const FEW = rowsOf(40);

let source: FreshSource;
let proxy: { readonly port: number; cutTo: number; close: () => Promise<void> };
let client: pg.Client;

beforeAll(async () => {
  source = await freshSource('empty');
});
beforeEach(async () => {
  proxy = await startCuttingProxy(new URL(source.uri));
});
afterEach(async () => {
  await client.end();
  await proxy.close();
});
afterAll(() => source.drop());

/** A connection over a network that cuts after so many bytes. */
async function connectThrough(chunkBytes: number): Promise<pg.Client> {
  proxy.cutTo = chunkBytes;
  const through = new URL(source.uri);
  through.port = String(proxy.port);
  client = new pg.Client(through.href);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Reads rows over such a network; returns the lengths of the last two columns. */
async function read(rows: ReturnType<typeof rowsOf>, chunkBytes: number, onRow: () => void = () => undefined) {
  const lengths: number[] = [];
  await eachRow(await connectThrough(chunkBytes), rows.select, 3, (row) => {
    lengths.push(row.length(1), row.length(2));
    onRow();
  });
  return lengths;
}

test.each([
  [1, FEW],
  [3, FEW],
  [7, FEW],
  [4096, MANY],
  [1 << 20, MANY],
] as const)('rows are whole wherever the network cuts: every %i bytes', async (chunkBytes, rows) => {
  expect(await read(rows, chunkBytes)).toEqual(rows.lengths);
  // The connection is the driver's again.
  expect((await client.query('select 42 as answer')).rows).toEqual([{ answer: 42 }]);
});

test('nothing more is read while the reader is busy with what it has got', async () => {
  const lengths: number[] = [];
  let taken = 0;
  let rows = 0;
  const tens = copyRows(await connectThrough(1 << 20), MANY.select, 3, (row) => {
    lengths.push(row.length(1), row.length(2));
    return ++rows % 10 === 0 ? rows : null;
  });
  for await (const ten of tens) {
    const seen = rows;
    await new Promise((resolve) => setImmediate(resolve));
    expect(rows).toBe(seen);
    taken++;
    expect(ten).toBe(taken * 10);
  }
  expect(lengths).toEqual(MANY.lengths);
  expect(taken).toBe(300);
  expect((await client.query('select 42 as answer')).rows).toEqual([{ answer: 42 }]);
});

test('the server’s error is the copy’s, also in the middle of data, and the connection goes on', async () => {
  await read(FEW, 4096);
  const failing = 'select i, null, 1 / (900 - i) from generate_series(1, 1000) i';
  let rows = 0;
  await expect(eachRow(client, failing, 3, () => void rows++)).rejects.toMatchObject({ code: '22012' });
  expect(rows).toBe(899);
  expect((await client.query('select 42 as answer')).rows).toEqual([{ answer: 42 }]);
});

test('what fails while a row is looked at fails the copy', async () => {
  const refuse = () => {
    throw new Error('disk full');
  };
  await expect(read(MANY, 4096, refuse)).rejects.toThrow('disk full');
});

test('a lost connection fails the copy, also while the reader is busy', async () => {
  let rows = 0;
  const cut = () => {
    if (++rows === 200) void proxy.close();
  };
  await expect(read(MANY, 4096, cut)).rejects.toThrow(/Connection terminated|ECONNRESET/);
  await client.end();
  await proxy.close();
  proxy = await startCuttingProxy(new URL(source.uri));
  const each = copyRows(await connectThrough(4096), MANY.select, 3, () => 'a row');
  await each.next();
  await proxy.close();
  const rest = (async () => {
    for await (const row of each) expect(row).toBe('a row');
  })();
  await expect(rest).rejects.toThrow(/Connection terminated|ECONNRESET/);
});

/** Passes bytes on, those of the server in pieces of `cutTo` bytes. */
async function startCuttingProxy({ hostname, port }: URL) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      upstream.pause();
      void send(client, chunk, proxy.cutTo).then(() => upstream.resume());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port');
  return {
    port: address.port,
    cutTo: 4096,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      if (server.listening) await once(server, 'close');
    },
  };
}

async function send(socket: Socket, chunk: Buffer, bytes: number): Promise<void> {
  for (let at = 0; at < chunk.length && !socket.destroyed; at += bytes) {
    if (socket.write(chunk.subarray(at, at + bytes))) continue;
    await new Promise<void>((resolve) => {
      socket.once('drain', resolve);
      socket.once('close', resolve);
    });
  }
}
