import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import {
  BSON,
  type Db,
  type Document,
  MongoClient,
  MongoNetworkTimeoutError,
  MongoServerSelectionError,
} from 'mongodb';
import { expect, inject, test, vi } from 'vitest';
import type { TargetRef } from '../../src/contract/migrationRequest.ts';
import type { DocumentBatch } from '../../src/encoding/documentBatch.ts';
import { Connections } from '../../src/runtime/connections.ts';
import { failureKind } from '../../src/target/failureKind.ts';
import { inspectTarget } from '../../src/target/inspectTarget.ts';
import { TargetDatabase } from '../../src/target/targetDatabase.ts';
import { noServerFound, targetError } from '../../src/target/targetError.ts';

test('a target that does not run is told as that each time, and reached once it does', async () => {
  const mongod = new URL(inject('mongodbUri'));
  const sockets = new Set<Socket>();
  const door = createServer((socket) => {
    const behind = connect(Number(mongod.port), mongod.hostname);
    for (const [one, other] of [[socket, behind] as const, [behind, socket] as const]) {
      sockets.add(one);
      one.on('error', () => other.destroy()).pipe(other);
    }
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const { port } = door.address() as AddressInfo;
  door.close();
  await once(door, 'close');
  const uri = inject('mongodbUri').replace(mongod.host, `127.0.0.1:${port}`);
  const separator = uri.includes('?') ? '&' : '?';
  const target = new TargetDatabase(
    {
      uri: `${uri}${separator}serverSelectionTimeoutMS=300&directConnection=true`,
      options: {},
      database: 'x',
      display: 'here/x',
    },
    2,
  );
  try {
    for (let tries = 0; tries < 2; tries++) {
      const begun = performance.now();
      const error: unknown = await target.traits().catch((caught: unknown) => caught);
      expect(targetError(error, 'here/x').kind).toBe('target-unreachable');
      // The URI's own patience counts, not the default of this program.
      expect(performance.now() - begun).toBeLessThan(5_000);
    }
    door.listen(port, '127.0.0.1');
    await once(door, 'listening');
    expect((await target.traits()).flavour).toBe('mongodb');
  } finally {
    await target.close();
    for (const socket of sockets) socket.destroy();
    door.close();
  }
});

/** A way to the test server on which all may stand still (no byte passes, and nothing is closed), or break at the next byte. */
async function startStillableWay() {
  const uri = new URL(inject('mongodbUri'));
  const mongod = { host: uri.hostname, port: Number(uri.port) };
  const sockets = new Set<Socket>();
  let isStill = false;
  const door = createServer((socket) => {
    const behind = connect(mongod);
    for (const [one, other] of [[socket, behind] as const, [behind, socket] as const]) {
      sockets.add(one);
      one.on('error', () => other.destroy()).pipe(other);
      if (isStill) one.unpipe().pause();
    }
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  uri.port = String((door.address() as AddressInfo).port);
  return {
    uri: uri.href,
    stand: () => {
      isStill = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    break: () => {
      for (const socket of sockets) {
        socket.unpipe().once('data', () => socket.resetAndDestroy());
        socket.resume();
      }
    },
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
      door.close();
    },
  };
}

function batchOf(documents: readonly Document[]): DocumentBatch {
  const bytes = documents.map((document) => BSON.serialize(document));
  let end = 0;
  const ends = bytes.map(({ length }) => {
    end += length;
    return end;
  });
  return { bytes: Buffer.concat(bytes), ends, childRows: [] };
}

/** More than sockets take at once. */
const LARGE = batchOf(['a', 'b', 'c'].map((_id) => ({ _id, body: Buffer.alloc(15_000_000) })));

// Of a connection that the driver closes itself, a write that waits for it to drain is told nothing.
test.each([
  ['its server ceases to answer', '&connectTimeoutMS=500&heartbeatFrequencyMS=500', 130_000],
  ['the time for a request is over', '', 1_000],
])(
  'an insert that waits for its connection to drain ends when %s, and its outcome is unknown',
  async (_when, options, limitMs) => {
    using way = await startStillableWay();
    const uri = `${way.uri}${way.uri.includes('?') ? '&' : '?'}directConnection=true${options}`;
    const target = new TargetDatabase({ uri, options: {}, database: 'x', display: 'h/x' }, 2, limitMs);
    try {
      await target.traits();
      way.stand();
      const ended: unknown = await target.insert('large', LARGE, null).catch((error: unknown) => error);
      expect(ended).toBeInstanceOf(MongoNetworkTimeoutError);
      expect(failureKind(ended)).toBe('unknown');
    } finally {
      await target.close();
    }
  },
  20_000,
);

test('an insert whose connection is reset while it waits to drain has an unknown outcome, not one of the program', async () => {
  using way = await startStillableWay();
  const uri = `${way.uri}${way.uri.includes('?') ? '&' : '?'}directConnection=true`;
  const target = new TargetDatabase({ uri, options: {}, database: 'x', display: 'h/x' }, 2);
  try {
    await target.traits();
    way.break();
    const ended: unknown = await target.insert('large', LARGE, null).catch((error: unknown) => error);
    expect(failureKind(ended)).toBe('unknown');
    expect(targetError(ended, 'h/x').kind).toBe('target-unreachable');
  } finally {
    await target.close();
  }
});

/** Lets searches of a client find no server, as those of a driver whose watch over the server hangs. */
function hang(target: TargetDatabase): void {
  const search = async () => Promise.reject(new MongoServerSelectionError('none', {} as never));
  vi.spyOn(target, 'db', 'get').mockReturnValue({ command: search } as unknown as Db);
}

test('a client is stuck where it alone finds no server, and stays what it is', async () => {
  const at = (uri: string) => new TargetDatabase({ uri, options: {}, database: 'x', display: 'h/x' }, 2);
  const [sound, stuck, away] = [at(inject('mongodbUri')), at(inject('mongodbUri')), at('mongodb://127.0.0.1:1')];
  hang(stuck);
  hang(away);
  try {
    expect(await Promise.all([sound, stuck, away].map((target) => target.lookWhetherStuck()))).toEqual([
      false,
      true,
      false,
    ]);
    expect([sound, stuck, away].map(({ isStuck }) => isStuck)).toEqual([false, true, false]);
  } finally {
    await Promise.all([sound, stuck, away].map((target) => target.close()));
  }
});

test('work that meets a stuck client is done once more over a new one, and so is what comes after', async () => {
  const connection = { uri: inject('mongodbUri'), options: {}, database: 'x', display: 'h/x', overridden: [] };
  const connections = new Connections({
    resolvePostgres: () => Promise.reject(new Error('not asked')),
    resolveMongo: async () => connection,
    requireSecret: () => Promise.resolve(),
    forget: () => undefined,
  });
  const ref: TargetRef = { kind: 'secret', secret: 'TARGET', database: null };
  const used: TargetDatabase[] = [];
  const ping = async (target: TargetDatabase) => {
    used.push(target);
    if (used.length === 1) {
      hang(target);
      await target.lookWhetherStuck();
      throw noServerFound(target.display);
    }
    return await target.db.command({ ping: 1 });
  };
  try {
    expect(await connections.useTarget(ref, ping)).toMatchObject({ ok: 1 });
    expect(used).toHaveLength(2);
    expect(used[1]).not.toBe(used[0]);
    expect(await connections.useTarget(ref, async (target) => target)).toBe(used[1]);
    // Of a server that is away another client would know no more.
    const away = connections.useTarget(ref, async ({ display }) => Promise.reject(noServerFound(display)));
    await expect(away).rejects.toMatchObject({ kind: 'target-unreachable' });
    expect(await connections.useTarget(ref, async (target) => target)).toBe(used[1]);
  } finally {
    await connections.close();
  }
});

test('a server that has just ceased to be the primary is asked again, one that was named alone is a replica', async () => {
  const separator = inject('mongodbUri').includes('?') ? '&' : '?';
  const connectionWith = (options: string) => ({
    uri: `${inject('mongodbUri')}${separator}${options}`,
    options: {},
    database: 'x',
    display: 'h/x',
  });
  // The driver learns of an election a moment after the server.
  class SteppingDown extends TargetDatabase {
    isPrimary = false;
    override get db(): Db {
      const real = super.db;
      const command = async (asked: Document) => ({
        ...(await real.command(asked)),
        ...('hello' in asked ? { isWritablePrimary: this.isPrimary } : {}),
      });
      return Object.assign(Object.create(real) as Db, { command });
    }
  }
  const set = new SteppingDown(connectionWith('serverSelectionTimeoutMS=5000'), 2);
  const alone = new SteppingDown(connectionWith('directConnection=true'), 2);
  const request = {
    claim: null,
    definitions: [],
    isReadOnly: true,
    isComparison: false,
    mustBeOurs: false,
    laterWrites: [],
    newest: [],
  };
  const kindOf = async (target: TargetDatabase) =>
    (await inspectTarget(target, request, AbortSignal.timeout(20_000))).problems.map(({ kind }) => kind);
  try {
    expect(await kindOf(set)).toEqual(['target-unreachable']);
    expect(await kindOf(alone)).toEqual(['target-refused']);
    set.isPrimary = true;
    expect(await kindOf(set)).toEqual([]);
  } finally {
    await Promise.all([set.close(), alone.close()]);
  }
});

test('a database whose name differs from another in case only is refused with both names', async () => {
  const name = `Case_${process.pid}_${Date.now()}`;
  const client = await MongoClient.connect(inject('mongodbUri'));
  try {
    await client.db(name).collection('one').insertOne({});
    const asked = client.db(name.toLowerCase()).collection('one');
    for (const write of [() => asked.insertOne({}), () => asked.bulkWrite([{ insertOne: { document: {} } }])]) {
      const error = targetError(await write().catch((caught: unknown) => caught), 'here/x');
      expect(error.kind).toBe('target-refused');
      expect(error.message).toContain(`cannot make the database ${name.toLowerCase()} beside the database ${name},`);
      expect(error.hint).toContain(`as it is written there, ${name},`);
    }
  } finally {
    await client.db(name).dropDatabase();
    await client.close();
  }
});
