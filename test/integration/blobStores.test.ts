import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { AzureBlobStore } from '../../src/storage/azureBlobStore.ts';
import type { HoldingBlobStore } from '../../src/storage/blobStore.ts';
import { FileBlobStore } from '../../src/storage/fileBlobStore.ts';
import { MemoryBlobs } from '../support/memoryBlobs.ts';

let directory: string;
const memory = new MemoryBlobs();
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mlflow-blobs-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Each call is another client of the same blobs, as another process has it. */
const STORES: readonly [name: string, open: () => HoldingBlobStore][] = [
  ['a storage account', () => new AzureBlobStore({ connectionString: inject('storageConnectionString') })],
  ['a directory', () => new FileBlobStore(join(directory, 'not', 'made'))],
  ["the tests' memory", () => memory],
];

describe.each(STORES)('blobs in %s', (_name, open) => {
  const put = (path: string, content: string) => open().put(path, content, 'text/plain');

  test('what was put is read by another client, replaced as a whole, and null where nothing was put', async () => {
    const path = `${randomUUID()}/deep/er/plan.json`;
    expect(await open().get(path)).toBeNull();
    for (const content of ['{"a":"é\u{1f600}"}', '', 'x'.repeat(300_000), 'short']) {
      await put(path, content);
      expect(await open().get(path)).toBe(content);
    }
  });

  test('what is appended comes after what is there', async () => {
    const path = `${randomUUID()}/migration.log`;
    await open().append(path, 'one\n');
    await open().append(path, 'two\n');
    expect(await open().get(path)).toBe('one\ntwo\n');
  });

  test('of clients that put one blob at once, one wins, and each of other blobs keeps its own', async () => {
    const id = randomUUID();
    const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(50_000));
    await Promise.all(texts.flatMap((text) => [put(`${id}/same`, text), put(`${id}/${text[0]}`, text)]));
    expect(texts).toContain(await open().get(`${id}/same`));
    for (const text of texts) expect(await open().get(`${id}/${text[0]}`)).toBe(text);
  });

  test('lines that are appended at once are all there, none cut', async () => {
    const path = `${randomUUID()}/migration.log`;
    const blobs = open();
    const lines = Array.from({ length: 20 }, (_, at) => `${at} ${'x'.repeat(100)}\n`);
    await Promise.all(lines.map((line) => blobs.append(path, line)));
    expect((await blobs.get(path))?.split(/(?<=\n)/).toSorted()).toEqual(lines.toSorted());
  });

  test('names differ by case, and may be long, odd, and part of one another', async () => {
    const prefix = `${randomUUID()}/`;
    const names = [
      'a',
      'A',
      'a/b',
      'a/b/c',
      'a~b',
      'con',
      'q.json',
      'ä',
      '12:30 Uhr',
      `${'l'.repeat(300)}/${'m'.repeat(300)}`,
    ];
    for (const name of names) await put(prefix + name, name);
    expect((await open().list(prefix)).toSorted()).toEqual(names.map((name) => prefix + name).toSorted());
    for (const name of names) expect(await open().get(prefix + name)).toBe(name);
  });

  test('a list has what begins with the prefix, wherever that ends', async () => {
    const id = randomUUID();
    for (const name of ['state/progress/a.json', 'state/progress/b.json', 'state/plan.json', 'stated/x'])
      await put(`${id}/${name}`, '');
    const list = async (prefix: string) =>
      (await open().list(`${id}/${prefix}`)).map((path) => path.slice(id.length + 1)).toSorted();
    expect(await list('state/progress/')).toEqual(['state/progress/a.json', 'state/progress/b.json']);
    expect(await list('state/p')).toEqual(['state/plan.json', 'state/progress/a.json', 'state/progress/b.json']);
    expect(await list('state')).toEqual([
      'state/plan.json',
      'state/progress/a.json',
      'state/progress/b.json',
      'stated/x',
    ]);
    expect(await list('state/progress/a.json')).toEqual(['state/progress/a.json']);
    expect(await list('nothing/')).toEqual([]);
  });

  test('nothing is deleted when the check throws', async () => {
    const blobs = open();
    const prefix = `${randomUUID()}/`;
    await put(`${prefix}kept`, 'before');
    const clearing = blobs.clear(prefix, {
      check: async () => {
        throw new RangeError('one runs already');
      },
    });
    await expect(clearing).rejects.toThrow('one runs already');
    expect(await blobs.list(prefix)).toEqual([`${prefix}kept`]);
  });

  test('a blob is held by one at a time, and free when it is released', async () => {
    const path = `${randomUUID()}/starting.lock`;
    const [first, second] = [open(), open()];
    const holds = await Promise.all([first.hold(path), second.hold(path)]);
    const hold = holds.find((one) => one !== null);
    expect(holds.filter((one) => one === null)).toHaveLength(1);
    await hold?.renew();
    expect(await second.hold(path)).toBeNull();
    expect(await first.hold(`${path}.other`)).not.toBeNull();
    await hold?.release();
    const next = await second.hold(path);
    expect(next).not.toBeNull();
    await next?.release();
  });
});

// The tests' memory knows no versions: nothing changes there while it looks.
describe.each(STORES.slice(0, 2))('clearing blobs in %s', (_name, open) => {
  test('deletes what was there, and lets stand what is written while it looks', async () => {
    const blobs = open();
    const prefix = `${randomUUID()}/`;
    for (const name of ['old', 'rewritten', 'gone', 'kept'])
      await blobs.put(`${prefix}${name}`, 'before', 'text/plain');
    await blobs.clear(prefix, {
      except: [`${prefix}kept`],
      check: async () => {
        await open().put(`${prefix}rewritten`, 'before', 'text/plain');
        await open().put(`${prefix}new`, 'after', 'text/plain');
        await open().clear(`${prefix}gone`);
      },
    });
    expect((await blobs.list(prefix)).toSorted()).toEqual([`${prefix}kept`, `${prefix}new`, `${prefix}rewritten`]);
    expect(await blobs.get(`${prefix}rewritten`)).toBe('before');
  });
});

describe('a directory of blobs', () => {
  afterEach(() => void vi.useRealTimers());

  const MODULE = new URL('../../src/storage/fileBlobStore.ts', import.meta.url).href;

  /** A process of its own with a store on the directory; resolves when it has printed something. */
  async function inProcess(root: string, script: string) {
    const code = `const { FileBlobStore } = await import(${JSON.stringify(MODULE)}); const blobs = new FileBlobStore(${JSON.stringify(root)}); ${script}`;
    const child = spawn(
      process.execPath,
      ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', code],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await once(child.stdout, 'data');
    return child;
  }

  test('is for its owner only', async () => {
    const root = join(directory, 'owner');
    const blobs = new FileBlobStore(root);
    await blobs.put('id/plan.json', '{}');
    await blobs.append('id/migration.log', 'x');
    const hold = await blobs.hold('starting.lock');
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const modes = entries.map(async (entry) => {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      return `${entry.isDirectory() ? 'directory' : 'file'} ${(mode & 0o077).toString(8)}`;
    });
    expect(new Set(await Promise.all(modes))).toEqual(new Set(['directory 0', 'file 0']));
    await hold?.release();
  });

  test('holds a whole blob at every moment, also after the process that writes it was killed', async () => {
    const root = join(directory, 'killed');
    const child = await inProcess(
      root,
      `const texts = ['a', 'b'].map((one) => one.repeat(500_000));
       await blobs.put('id/plan.json', texts[0]); process.stdout.write('ready');
       for (let n = 0; ; n++) await blobs.put('id/plan.json', texts[n % 2]);`,
    );
    const blobs = new FileBlobStore(root);
    const isWhole = async () => /^(?:a{500000}|b{500000})$/.test((await blobs.get('id/plan.json')) ?? '');
    for (let n = 0; n < 50; n++) expect(await isWhole()).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await isWhole()).toBe(true);
    expect(await blobs.list('')).toEqual(['id/plan.json']);
  });

  test('what a killed process was writing is swept when the next one puts its first blob, and nothing of one that lives', async () => {
    const root = join(directory, 'swept');
    const writing = `await blobs.put('a', 'a'); process.stdout.write('ready'); setInterval(() => undefined, 1000);`;
    const [killed, alive] = [await inProcess(root, writing), await inProcess(root, writing)];
    const unfinished = [`${killed.pid}.one`, `${alive.pid}.one`, `${process.pid}.one`, randomUUID()];
    for (const name of unfinished) await writeFile(join(root, 'new', name), 'half');
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await new FileBlobStore(root).put('b', 'b');
    await expect.poll(() => readdir(join(root, 'new'))).toEqual([`${alive.pid}.one`]);
    alive.kill('SIGKILL');
    await once(alive, 'exit');
  });

  test('what a process holds is free when that is killed', async () => {
    const root = join(directory, 'held');
    const child = await inProcess(
      root,
      `await blobs.hold('starting.lock'); process.stdout.write('held'); setInterval(() => undefined, 1000);`,
    );
    const blobs = new FileBlobStore(root);
    expect(await blobs.hold('starting.lock')).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const hold = await blobs.hold('starting.lock');
    expect(hold).not.toBeNull();
    await hold?.release();
  });

  test('what is not renewed for 15 seconds is free again, and its holder is told', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const blobs = new FileBlobStore(join(directory, 'renewed'));
    const hold = await blobs.hold('starting.lock');
    vi.advanceTimersByTime(14_000);
    await hold?.renew();
    vi.advanceTimersByTime(14_000);
    expect(await blobs.hold('starting.lock')).toBeNull();
    vi.advanceTimersByTime(1_000);
    const next = await blobs.hold('starting.lock');
    expect(next).not.toBeNull();
    await expect(hold?.renew()).rejects.toMatchObject({ kind: 'storage-unavailable' });
    await hold?.release();
    expect(await blobs.hold('starting.lock')).toBeNull();
    await next?.release();
  });

  test('that cannot be used is named with its reason', async () => {
    const root = join(directory, 'file');
    await writeFile(root, '');
    const failure = {
      kind: 'storage-unavailable',
      message: `The directory of blobs cannot be used: ${root} (ENOTDIR)`,
      hint: 'Make room there or correct its permissions',
    };
    const blobs = new FileBlobStore(root);
    await expect(blobs.put('a', 'b')).rejects.toMatchObject(failure);
    await expect(blobs.get('a')).rejects.toMatchObject(failure);
    await expect(blobs.list('')).rejects.toMatchObject(failure);
  });
});
