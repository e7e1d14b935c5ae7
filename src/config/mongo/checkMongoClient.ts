import { readFile } from 'node:fs/promises';
import type { MongoClientOptions } from 'mongodb';
import { MigrationError } from '../../errors.ts';
import { redact } from '../redact.ts';
import type { ParsedMongoUri } from './parseMongoUri.ts';

/** Throws MigrationError('config') for what is wrong with a target and what the driver would tell only when it is made or connects. */
export async function checkMongoClient(
  parsed: ParsedMongoUri,
  options: MongoClientOptions,
  label: string,
): Promise<void> {
  for (const name of ['tlsCAFile', 'tlsCertificateKeyFile', 'tlsCRLFile']) {
    const path = parsed.params.get(name.toLowerCase());
    if (path === undefined) continue;
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      throw new MigrationError('config', `${label} names a file in ${name} that cannot be read: ${path}`, {
        hint: 'Check the path and its permissions',
        cause: error,
      });
    });
    if (text.includes('-----BEGIN')) continue;
    throw new MigrationError('config', `${label} names no PEM file in ${name}: ${path}`, {
      hint: 'Certificates, keys and lists of revoked certificates are PEM files',
    });
  }
  // Loaded when there is a target: it is the greatest of all packages.
  const { MongoClient } = await import('mongodb');
  try {
    await new MongoClient(parsed.uri, options).close();
  } catch (error) {
    const reason = error instanceof Error ? redact(error.message) : 'no reason given';
    throw new MigrationError('config', `${label} has options that do not go together: ${reason}`, {
      hint: 'Correct or remove one of them; docs/reference/connections.md lists them all',
      cause: error,
    });
  }
}
