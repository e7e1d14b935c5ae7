import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { BSON, type Db, type Document, MongoClient, MongoServerError } from 'mongodb';
import { afterEach, expect, test } from 'vitest';
import { documentSequence, eachFound, findRaw, isWaitQueueTimeout } from '../../../src/target/driverInternals.ts';
import { buildMsg, buildReply, OP_QUERY, readMessages, type WireMessage } from '../../faults/proxy/wire.ts';

// The real driver against a server that only writes down what comes: what is tested here is the driver.

/** Lets the driver tell which of two pieces of news of a server is the newer one, as a member of a replica set does. */
const topologyVersion = (counter: number) => ({
  processId: new BSON.ObjectId('64b0c0ffee64b0c0ffee64b0'),
  counter: BSON.Long.fromNumber(counter),
});

const HELLO = {
  ok: 1,
  topologyVersion: topologyVersion(1),
  isWritablePrimary: true,
  maxWireVersion: 25,
  minWireVersion: 0,
  maxBsonObjectSize: 16 * 1024 * 1024,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
};

const bytes = (document: Document) => Buffer.from(BSON.serialize(document));
const closing: (() => unknown)[] = [];
let hello: Document = HELLO;

afterEach(async () => {
  hello = HELLO;
  for (const close of closing.splice(0).reverse()) await close();
});

/** A client of a server that gives `answerTo` a command, null for one that is never answered; and the commands that came. */
async function connect(answerTo: (command: Document) => Document | null, options = {}) {
  const received: WireMessage[] = [];
  const sockets = new Set<Socket>();
  const serve = async (socket: Socket) => {
    sockets.add(socket);
    for await (const message of readMessages(socket)) {
      const command = BSON.deserialize(message.body);
      const isHello = 'hello' in command || 'ismaster' in command || 'isMaster' in command;
      if (!isHello) received.push(message);
      const answer = isHello ? hello : answerTo(command);
      if (answer === null) continue;
      const init = { requestId: 1, responseTo: message.requestId, body: bytes(answer) };
      socket.write(message.opCode === OP_QUERY ? buildReply(init) : buildMsg(init));
    }
  };
  const server = createServer((socket) => void serve(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    monitorCommands: true,
    // The other mode waits for a server that tells news by itself, which this one does not.
    serverMonitoringMode: 'poll',
    ...options,
  });
  closing.push(() => client.close(true));
  return { client, db: client.db('d'), received };
}

test('a sequence goes over the wire as the bytes that it was given, in pieces of one document or several', async () => {
  const { db, received } = await connect(() => ({ ok: 1, n: 3 }));
  const documents = [bytes({ _id: 'a' }), bytes({ _id: 'b', v: [1, 2] }), bytes({ _id: 'c', v: 'of the third' })];
  const [one, two, three] = documents as [Buffer, Buffer, Buffer];
  const insert = (pieces: Buffer[]) =>
    db.command({ insert: 'c', documents: documentSequence('documents', pieces), ordered: false });
  expect(await insert([one, two, three])).toMatchObject({ ok: 1, n: 3 });
  await insert([Buffer.concat(documents)]);
  expect(received).toHaveLength(2);
  for (const { body, sequences } of received) {
    expect(sequences).toEqual([['documents', documents]]);
    expect(BSON.deserialize(body)).toMatchObject({ insert: 'c', ordered: false, $db: 'd' });
    expect(BSON.deserialize(body)).not.toHaveProperty('documents');
  }
});

test('a raw find gives the documents of its first batch bit for bit, and says whether they are all', async () => {
  // A negative zero, a 64-bit number and a date before 1970 would come back otherwise from an object of the driver.
  const document = { _id: 'a', zero: -0, wide: BSON.Long.fromString('9007199254740993'), early: new Date(-1) };
  let id = BSON.Long.ZERO;
  const { db } = await connect(() => ({ ok: 1, cursor: { firstBatch: [document, { _id: 'b' }], id, ns: 'd.c' } }));
  const documents = [bytes(document), bytes({ _id: 'b' })];
  const found = await findRaw(db, { find: 'c' });
  expect(eachFound(found)).toEqual(documents);
  expect(found.isWhole).toBe(true);
  id = BSON.Long.fromNumber(7);
  expect(await findRaw(db, { find: 'c' })).toMatchObject({ isWhole: false, cursor: 7 });
});

// A primary that steps down answers so. Where a reply is raw as a whole, the driver of 7.9 keeps its topology version as bytes,
// and throws a TypeError where nobody can catch it as soon as it compares them with those of the server's next answer.
test.for([
  ['findRaw', (db: Db) => findRaw(db, { find: 'c' })],
  ['a cursor with the option raw', (db: Db) => db.collection('c').find({}, { raw: true }).toArray()],
] as const)(
  '%s that a former primary refuses fails with the refusal, and is answered once there is a primary',
  async ([, find]) => {
    const errmsg = 'not primary';
    const answers: Document[] = [
      { ok: 0, code: 10_107, codeName: 'NotWritablePrimary', errmsg, topologyVersion: topologyVersion(2) },
      { ok: 1, cursor: { firstBatch: [{ _id: 'a' }], id: BSON.Long.ZERO, ns: 'd.c' } },
    ];
    const { db } = await connect(() => answers.shift() ?? null, {
      retryReads: false,
      serverSelectionTimeoutMS: 5_000,
    });
    const refused: unknown = await find(db).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(MongoServerError);
    expect(refused).toMatchObject({ code: 10_107, errmsg });
    hello = { ...HELLO, topologyVersion: topologyVersion(3) };
    await find(db);
    expect(answers).toEqual([]);
  },
);

test('a wait for a connection that is too long ends with the error that is told by its name', async () => {
  const answerTo = (command: Document) => ('hold' in command ? null : { ok: 1 });
  const { db } = await connect(answerTo, { maxPoolSize: 1, waitQueueTimeoutMS: 200 });
  await db.command({ ping: 1 });
  void db.command({ hold: 1 }).catch(() => undefined);
  const waited: unknown = await db.command({ ping: 1 }).catch((error: unknown) => error);
  expect(isWaitQueueTimeout(waited)).toBe(true);
  expect(isWaitQueueTimeout(new Error('another'))).toBe(false);
});
