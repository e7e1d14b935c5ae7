import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { StatePlace } from './stateDirectory.ts';

/**
 * The password of the MongoDB of a place, made at the first call: other users of the machine reach its port too. It lies
 * beside the data, for their owner only. Throws the system's error.
 */
export function mongodPassword({ mongodPasswordFile }: StatePlace): string {
  try {
    return readFileSync(mongodPasswordFile, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const password = randomBytes(18).toString('base64url');
  writeFileSync(mongodPasswordFile, `${password}\n`, { mode: 0o600 });
  return password;
}
