import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { MigrationError } from '../errors.ts';
import type { ParsedPostgresUri } from './connectionUri.ts';
import type { PostgresAnswer } from './probePostgres.ts';

export type PostgresTls = false | ConnectionOptions;

/** `hint` is libpq's default where it may be worth asking the server first; it is never written by users. */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'no-verify', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

const readPem = async (path: string, param: string, label: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new MigrationError('config', `${label} names a file in ${param} that cannot be read: ${path}`, {
      hint: 'Check the path and its permissions',
      cause: error,
    });
  }
};

/** Hosts whose certificates Node's own list of authorities covers, so that verification costs the user nothing. */
export const isAzurePostgres = (host: string): boolean =>
  /\.postgres\.(?:database\.azure\.com|database\.usgovcloudapi\.net|database\.chinacloudapi\.cn)$/i.test(host);

const isLocal = (host: string): boolean => host.startsWith('/') || /^(?:localhost|127(?:\.\d+){3}|::1)$/i.test(host);

const modeOf = (uri: ParsedPostgresUri, label: string): SslMode => {
  const written = uri.params.get('sslmode');
  if (written === undefined) {
    if (uri.params.get('ssl') === 'true') return 'require';
    const hosts = uri.hosts.map(({ host }) => host);
    if (hosts.every(isAzurePostgres)) return 'verify-full';
    // libpq would try TLS on the loopback too; there it protects nothing and costs copying speed.
    return hosts.every(isLocal) ? 'disable' : 'prefer';
  }
  const mode = SSL_MODES.find((known) => known === written);
  if (mode !== undefined) return mode;
  throw new MigrationError('config', `${label} has an sslmode that does not exist`, {
    hint: `One of ${SSL_MODES.join(', ')}`,
  });
};

/** True when the answer of {@link postgresTls} depends on what the server speaks. */
export const mustAskForTls = (uri: ParsedPostgresUri, label: string): boolean => modeOf(uri, label) === 'prefer';

/**
 * TLS options for `pg` with the meaning that libpq gives to `sslmode`, which differs from pg's own reading of the same word:
 * `require` encrypts without checking the certificate unless `sslrootcert` is given; `prefer` (the default) follows the server.
 */
export const postgresTls = async (
  uri: ParsedPostgresUri,
  answer: PostgresAnswer,
  label: string,
): Promise<PostgresTls> => {
  const mode = modeOf(uri, label);
  if (mode === 'disable' || mode === 'allow' || (mode === 'prefer' && answer !== 'tls')) return false;
  const root = uri.params.get('sslrootcert');
  const cert = uri.params.get('sslcert');
  const key = uri.params.get('sslkey');
  const isVerifying = mode === 'verify-full' || mode === 'verify-ca' || (mode === 'require' && root !== undefined);
  return {
    rejectUnauthorized: isVerifying,
    ...(root === undefined || root === 'system' ? {} : { ca: await readPem(root, 'sslrootcert', label) }),
    ...(cert === undefined ? {} : { cert: await readPem(cert, 'sslcert', label) }),
    ...(key === undefined ? {} : { key: await readPem(key, 'sslkey', label) }),
    ...(isVerifying && mode !== 'verify-full' && root !== 'system' ? { checkServerIdentity: () => undefined } : {}),
  };
};
