import { type BigIntStats, renameSync, statSync, unlinkSync } from 'node:fs';
import { appendFile, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MigrationError } from '../errors.ts';
import { blobDirectories, blobFile, blobPath } from './blobFile.ts';
import type { BlobHold, ClearOptions, HoldingBlobStore } from './blobStore.ts';
import { holdFile } from './fileHold.ts';
import { sweepUnfinished, unfinishedName } from './unfinishedFile.ts';

const OWNER_ONLY = { directory: 0o700, file: 0o600 } as const;

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}

/** Tells two versions of a file apart: each is a file of its own that has taken the name. Throws ENOENT. */
function versionOf(file: string): string {
  const { ino, size, mtimeNs }: BigIntStats = statSync(file, { bigint: true });
  return `${ino} ${size} ${mtimeNs}`;
}

/**
 * {@link HoldingBlobStore} in a directory of this machine, which is made at first use: a file a blob, for its owner only. Failures
 * are `storage-unavailable`. Other processes see each change as soon as it is answered, and a kill or a power cut leaves
 * a blob as it was or as it is to be; of a log (`append`) it may leave half a line. The file that a killed process was writing goes
 * with the first blob that the next one puts.
 */
export class FileBlobStore implements HoldingBlobStore {
  readonly #root: string;
  readonly #blobs: string;
  readonly #new: string;
  readonly #held: string;
  #swept: Promise<void> | null = null;

  /** `directory`: an absolute path. */
  constructor(directory: string) {
    this.#root = directory;
    this.#blobs = join(directory, 'migration-reports');
    this.#new = join(directory, 'new');
    this.#held = join(directory, 'held');
  }

  async put(path: string, content: string): Promise<void> {
    await this.#use(async () => {
      // Once, and not in the way: what stays is swept by the next process.
      this.#swept ??= sweepUnfinished(this.#new).catch(() => undefined);
      const written = join(this.#new, unfinishedName());
      try {
        await this.#making(written, () => writeWhole(written, content));
        // At once, without a way through another thread: nothing comes between the look and the deletion of `clear`.
        const file = this.#fileOf(path);
        await this.#making(file, () => renameSync(written, file));
      } catch (error) {
        await rm(written, { force: true });
        throw error;
      }
    });
  }

  async append(path: string, content: string): Promise<void> {
    const file = this.#fileOf(path);
    await this.#use(() => this.#making(file, () => appendFile(file, content, { mode: OWNER_ONLY.file })));
  }

  async get(path: string): Promise<string | null> {
    return await this.#use(async () => {
      try {
        return await readFile(this.#fileOf(path), 'utf8');
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return null;
        throw error;
      }
    });
  }

  async list(prefix: string): Promise<string[]> {
    return await this.#use(async () => {
      const above = blobDirectories(prefix.split('/').slice(0, -1));
      const found = await filesBelow(join(this.#blobs, ...above), above);
      return found
        .map(blobPath)
        .filter((path) => path.startsWith(prefix))
        .toSorted();
    });
  }

  async clear(prefix: string, { except = [], check }: ClearOptions = {}): Promise<void> {
    const paths = (await this.list(prefix)).filter((path) => !except.includes(path));
    const found = await this.#use(() => paths.flatMap((path) => this.#look(path)));
    await check?.();
    await this.#use(() => {
      for (const { file, version } of found) deleteVersion(file, version);
    });
  }

  async hold(path: string): Promise<BlobHold | null> {
    return await this.#use(async () => {
      const blob = this.#fileOf(path);
      await this.#making(blob, () => appendFile(blob, '', { mode: OWNER_ONLY.file }));
      const lock = join(this.#held, ...blobFile(path));
      return await this.#making(lock, () => holdFile(lock));
    });
  }

  #fileOf(path: string): string {
    return join(this.#blobs, ...blobFile(path));
  }

  #look(path: string): { file: string; version: string }[] {
    const file = this.#fileOf(path);
    try {
      return [{ file, version: versionOf(file) }];
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** Does it again once the file's directory is made, where that was missing. */
  async #making<T>(file: string, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await mkdir(dirname(file), { recursive: true, mode: OWNER_ONLY.directory });
      return await work();
    }
  }

  async #use<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new MigrationError(
        'storage-unavailable',
        `The directory of blobs cannot be used: ${this.#root} (${codeOf(error) ?? 'unknown reason'})`,
        { hint: 'Make room there or correct its permissions', cause: error },
      );
    }
  }
}

/** Writes a file that is on the disk when this returns: it could otherwise take its name before its content is there. */
async function writeWhole(file: string, content: string): Promise<void> {
  const handle = await open(file, 'w', OWNER_ONLY.file);
  try {
    await handle.writeFile(content);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** The files below a directory, each by its names from the top; `above` are those of the directory itself. */
async function filesBelow(directory: string, above: readonly string[]): Promise<string[][]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    const found = entries.map(async (entry) => {
      const names = [...above, entry.name];
      return entry.isDirectory() ? await filesBelow(join(directory, entry.name), names) : [names];
    });
    return (await Promise.all(found)).flat();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Deletes a file unless it is gone or has been written again. */
function deleteVersion(file: string, version: string): void {
  try {
    if (versionOf(file) === version) unlinkSync(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
