import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory and what is missing above it, one after the other: Node's own `recursive` never returns where a file
 * system refuses with ENOENT, as /proc does. Throws the system's error. `mode` is that of the directories that are made.
 */
export function makeDirectory(path: string, mode?: number): void {
  const missing: string[] = [];
  let at = resolve(path);
  while (!isDirectory(at)) {
    missing.push(at);
    if (dirname(at) === at) break;
    at = dirname(at);
  }
  for (const directory of missing.toReversed()) {
    try {
      mkdirSync(directory, mode);
    } catch (error) {
      // Another process may have made it a moment ago.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isDirectory(directory)) throw error;
    }
  }
}

/** False where nothing is there, or nothing that can be looked at: making it will tell. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
