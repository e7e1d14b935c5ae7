import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StatePlace } from './stateDirectory.ts';

/**
 * The Ed25519 private key, as PEM, that local runs sign their reports with: one for the state directory, made at the first call, so
 * that all reports of it bear one fingerprint. For its owner only. Throws the system's error.
 */
export function localSigningKey({ directory }: StatePlace): string {
  const file = join(dirname(directory), 'report-signing-key.pem');
  const known = readIfThere(file);
  if (known !== null) return known;
  const { privateKey } = generateKeyPairSync('ed25519');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    // Another call has made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8');
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
