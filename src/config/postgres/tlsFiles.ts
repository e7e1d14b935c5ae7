import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { MigrationError } from '../../errors.ts';
import { parameterFault } from './parameterFault.ts';
import type { PostgresEndpoint } from './postgresEndpoint.ts';
import type { GivenParameter } from './postgresParameters.ts';

/** Reads files that parameters name, or libpq's own where they are. */
export function tlsFileReader({ parameters }: PostgresEndpoint, directory: string) {
  const read = async (path: string, given: GivenParameter, key: string): Promise<string> => {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      throw new MigrationError('config', `${given.from} names a file in ${key} that cannot be read: ${path}`, {
        hint: 'Check the path and its permissions',
        cause: error,
      });
    }
  };
  /** A file that nobody named, null where it is not there. */
  const readDefault = async (name: string): Promise<string | null> => {
    const path = join(directory, name);
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      // libpq takes what it finds there, and fails where it cannot.
      throw new MigrationError('config', `${path} exists but cannot be read`, {
        hint: 'Check its permissions, or name another file',
        cause: error,
      });
    }
  };
  return async (key: string, name: string): Promise<string | null> => {
    const given = parameters.get(key);
    return given?.value ? read(given.value, given, key) : readDefault(name);
  };
}

/** Certificate and key to show to the server. */
export async function clientCertificate(
  { parameters }: PostgresEndpoint,
  read: ReturnType<typeof tlsFileReader>,
): Promise<SecureContextOptions> {
  if (parameters.get('sslcertmode')?.value === 'disable') return {};
  const cert = await read('sslcert', 'postgresql.crt');
  if (cert === null) {
    const key = parameters.get('sslkey');
    if (key?.value)
      throw parameterFault(key, 'names sslkey but no sslcert', 'Name the certificate that the key belongs to');
    return {};
  }
  const key = await read('sslkey', 'postgresql.key');
  if (key === null) {
    throw new MigrationError('config', 'There is a certificate to log in with (sslcert) but no key for it', {
      hint: 'Name the file of the key in sslkey',
    });
  }
  const passphrase = parameters.get('sslpassword')?.value;
  return { cert, key, ...(passphrase ? { passphrase } : {}) };
}

/** Lists of revoked certificates, as PEM. */
export async function revocations(
  { parameters }: PostgresEndpoint,
  read: ReturnType<typeof tlsFileReader>,
): Promise<string[]> {
  const directory = parameters.get('sslcrldir');
  const single = await read('sslcrl', 'root.crl');
  const lists = single === null ? [] : [single];
  if (!directory?.value) return lists;
  let texts: string[];
  try {
    const entries = await readdir(directory.value, { withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => join(directory.value, name));
    texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  } catch (error) {
    throw new MigrationError('config', `${directory.from} names a directory in sslcrldir that cannot be read`, {
      hint: 'Check the path and its permissions',
      cause: error,
    });
  }
  const found = texts.filter((text) => text.includes('BEGIN X509 CRL'));
  if (found.length > 0) return [...lists, ...found];
  throw parameterFault(
    directory,
    'names a directory in sslcrldir that holds no list of revoked certificates',
    'Put them there as PEM files',
  );
}
