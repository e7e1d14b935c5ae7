import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdtemp, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient } from '@azure/storage-blob';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAzurite } from '../src/azurite/azurite.ts';
import { startPostgres } from '../src/postgres/postgres.ts';
import { freePort } from '../src/process/freePort.ts';
import { startServer } from '../src/process/runningServer.ts';
import { removeStackDirectory, startStack } from '../src/stack.ts';
import { commandLines, isRunning } from './support/processes.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dev-servers-'));
  await chmod(directory, 0o755);
});

afterEach(async () => {
  await removeStackDirectory(directory);
});

async function startStarter(): Promise<{ starter: ChildProcess; pids: number[] }> {
  const script = fileURLToPath(new URL('starter.ts', import.meta.url));
  const starter = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: starter.stdout! }), 'line')) as [string];
  return { starter, pids: JSON.parse(line) as number[] };
}

async function select(uri: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

describe('the guard', () => {
  it.each(['SIGKILL', 'SIGINT'] as const)(
    'stops every server after %s to the one that started them',
    async (signal) => {
      const { starter, pids } = await startStarter();
      expect(pids.map(isRunning)).toEqual([true, true, true]);
      starter.kill(signal);
      await once(starter, 'exit');
      await vi.waitFor(() => expect(pids.map(isRunning)).toEqual([false, false, false]), {
        timeout: 10_000,
        interval: 50,
      });
    },
  );

  it('leaves no server behind when the starter is killed while it waits for one', async () => {
    const script = fileURLToPath(new URL('stuckStarter.ts', import.meta.url));
    const usersOfDirectory = () => commandLines().filter((line) => line.includes(directory));
    const starter = spawn(process.execPath, [script, directory], { stdio: 'ignore' });
    // The starter itself, and what it has started.
    await vi.waitFor(() => expect(usersOfDirectory().length).toBeGreaterThan(1), { timeout: 10_000, interval: 5 });
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    await vi.waitFor(() => expect(usersOfDirectory()).toEqual([]), { timeout: 10_000, interval: 50 });
  });
});

describe('a directory whose servers still run', () => {
  it('is taken over as soon as the one that started them is gone', async () => {
    const { starter } = await startStarter();
    const stack = await startStack({
      directory,
      postgres: true,
      mongodb: true,
      storage: true,
      isThrowAway: true,
      onLog: (_, line) => {
        if (line.includes('DBPathInUse')) starter.kill('SIGKILL');
      },
    });
    try {
      expect(starter.killed).toBe(true);
      expect(await select(stack.postgres!.uri, 'select 1')).toEqual([1]);
      await BlobServiceClient.fromConnectionString(stack.storage!.connectionString).createContainer('new');
    } finally {
      await stack.stop();
    }
  });
});

describe('a server that cannot start', () => {
  it('is told with its own last lines', async () => {
    const start = startServer({
      name: 'Broken',
      file: '/bin/sh',
      args: ['-c', 'echo no disk; exit 3'],
      env: {},
      isReady: () => false,
      stopSignals: [],
    });
    await expect(start).rejects.toThrow('Broken ended with 3:\nno disk');
  });

  it('is told when its program does not exist', async () => {
    const start = startServer({
      name: 'Nothing',
      file: '/no/such',
      args: [],
      env: {},
      isReady: () => false,
      stopSignals: [],
    });
    await expect(start).rejects.toThrow(/Nothing ended with 12\d:\n.*\/no\/such/);
  });
});

describe('the stack', () => {
  it('goes on with its data after a stop, with a new password', async () => {
    const parts = { directory, postgres: true, mongodb: true, storage: true, isThrowAway: true };
    const first = await startStack(parts);
    await select(first.postgres!.uri, 'create table kept as select 7 as n');
    const mongo = await MongoClient.connect(first.mongodb!.uri);
    await mongo.db('kept').collection<{ _id: number }>('c').insertOne({ _id: 7 });
    await mongo.close();
    await BlobServiceClient.fromConnectionString(first.storage!.connectionString).createContainer('kept');
    await first.stop();

    const second = await startStack(parts);
    try {
      expect(second.postgres!.uri).not.toBe(first.postgres!.uri);
      expect(await select(second.postgres!.uri, 'select n from kept')).toEqual([7]);
      const again = await MongoClient.connect(second.mongodb!.uri);
      expect(await again.db('kept').collection('c').find().toArray()).toEqual([{ _id: 7 }]);
      await again.close();
      const storage = BlobServiceClient.fromConnectionString(second.storage!.connectionString);
      expect(await storage.getContainerClient('kept').exists()).toBe(true);
    } finally {
      await second.stop();
    }
  });

  it('restarts a killed PostgreSQL on the same directory and port, with what was committed', async () => {
    const port = await freePort();
    const first = await startPostgres({ directory, port, password: 'same' });
    await select(first.uri, 'create table kept as select 7 as n');
    first.kill('SIGKILL');
    expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const second = await startPostgres({ directory, port, password: 'same' });
    try {
      expect(second.uri).toBe(first.uri);
      expect(await select(second.uri, 'select n from kept')).toEqual([7]);
    } finally {
      await second.stop();
    }
  });

  it('keeps the port of its mongod where that is free, and takes another one where it is not', async () => {
    const parts = { directory, postgres: false, mongodb: true, storage: false };
    const first = await startStack(parts);
    const mongodPort = first.mongodb!.port;
    await first.stop();
    const second = await startStack({ ...parts, mongodPort });
    await second.stop();
    expect(second.mongodb!.port).toBe(mongodPort);
    await using taken = createServer();
    taken.listen(mongodPort, '127.0.0.1');
    await once(taken, 'listening');
    const third = await startStack({ ...parts, mongodPort });
    await third.stop();
    expect(third.mongodb!.port).not.toBe(mongodPort);
  });

  it('keeps what blob storage has taken, also when that is killed at once', async () => {
    const first = await startAzurite({ directory, accountKey: 'c2FtZQ==' });
    const container = BlobServiceClient.fromConnectionString(first.connectionString).getContainerClient('kept');
    await container.create();
    await container.getBlockBlobClient('report').upload('all of it', 9);
    first.kill('SIGKILL');
    await first.exited;
    const second = await startAzurite({ directory, accountKey: 'c2FtZQ==' });
    try {
      const again = BlobServiceClient.fromConnectionString(second.connectionString).getContainerClient('kept');
      expect((await again.getBlobClient('report').downloadToBuffer()).toString()).toBe('all of it');
    } finally {
      await second.stop();
    }
  });

  it.runIf(process.getuid?.() === 0)('runs PostgreSQL below a directory that only root can enter', async () => {
    await chmod(directory, 0o700);
    const postgres = join(directory, 'postgres');
    const first = await startPostgres({ directory: postgres, isThrowAway: true });
    await select(first.uri, 'create table kept as select 7 as n');
    await first.stop();
    const second = await startPostgres({ directory: postgres, isThrowAway: true });
    expect(await select(second.uri, 'select n from kept')).toEqual([7]);
    await second.stop();
    const data = await readlink(join(postgres, 'data'));
    await removeStackDirectory(directory);
    await expect(access(data)).rejects.toThrow('ENOENT');
  });

  it('starts only what is asked for', async () => {
    const stack = await startStack({ directory, postgres: false, mongodb: false, storage: false });
    expect(stack).toMatchObject({ postgres: undefined, mongodb: undefined, storage: undefined });
    await stack.stop();
  });
});
