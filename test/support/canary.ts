import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The files below a directory that hold a secret, also one that spans two reads. A directory that is gone holds none. */
export async function filesWithSecret(directory: string, secret: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }).catch(ignoreMissing)) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await holds(path, Buffer.from(secret)))) found.push(path);
  }
  return found;
}

async function holds(file: string, secret: Buffer): Promise<boolean> {
  let rest = Buffer.alloc(0);
  try {
    for await (const part of createReadStream(file) as AsyncIterable<Buffer>) {
      const text = Buffer.concat([rest, part]);
      if (text.includes(secret)) return true;
      rest = text.subarray(Math.max(0, text.length - secret.length + 1));
    }
  } catch (error) {
    ignoreMissing(error);
  }
  return false;
}

/** What goes away while it is looked at holds nothing. */
function ignoreMissing(error: unknown): never[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}
