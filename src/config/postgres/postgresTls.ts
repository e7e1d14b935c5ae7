import {
  type ConnectionOptions,
  createSecureContext,
  getCACertificates,
  type SecureContextOptions,
  type SecureVersion,
} from 'node:tls';
import { MigrationError } from '../../errors.ts';
import { parameterFault } from './parameterFault.ts';
import type { PostgresEndpoint } from './postgresEndpoint.ts';
import { postgresHome } from './postgresHome.ts';
import type { GivenParameter } from './postgresParameters.ts';
import { type SslMode, writtenSslMode } from './sslMode.ts';
import { clientCertificate, revocations, tlsFileReader } from './tlsFiles.ts';

/** TLS options for `pg`; false connects without. */
export type PostgresTls = false | ConnectionOptions;

const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const satisfies readonly SecureVersion[];

/** Parameters that mean nothing without TLS. */
const TLS_PARAMETERS = [
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslcrl',
  'sslcrldir',
  'sslnegotiation',
  'ssl_min_protocol_version',
  'ssl_max_protocol_version',
] as const;

/** Hosts whose certificates Node's own list of authorities covers, so that verification costs the user nothing. */
export function isAzurePostgres(host: string): boolean {
  return /\.postgres\.(?:database\.azure\.com|database\.usgovcloudapi\.net|database\.chinacloudapi\.cn)$/i.test(host);
}

function isSocket(host: string): boolean {
  return host.startsWith('/');
}

function isLocal(host: string): boolean {
  return isSocket(host) || /^(?:localhost|127(?:\.\d+){3}|::1)$/i.test(host);
}

function sslModeOf({ parameters, hosts }: PostgresEndpoint): SslMode {
  const mode = writtenSslMode(parameters);
  const isSystem = parameters.get('sslrootcert')?.value === 'system';
  if (mode === null) {
    if (isSystem || hosts.every(({ host }) => isAzurePostgres(host))) return 'verify-full';
    // libpq would try TLS on the loopback too; there it protects nothing and costs copying speed. Who names a certificate wants it.
    const wantsTls = TLS_PARAMETERS.some((key) => parameters.get(key)?.value);
    return !wantsTls && hosts.every(({ host, address }) => isLocal(address ?? host)) ? 'disable' : 'prefer';
  }
  if (isSystem && mode !== 'verify-full') {
    throw parameterFault(
      parameters.get('sslmode')!,
      `has sslmode=${mode} with sslrootcert=system, with which anybody with a public certificate would pass`,
      'Write sslmode=verify-full',
    );
  }
  return mode;
}

function tlsVersionOf(given: GivenParameter | undefined, key: string): SecureVersion | undefined {
  if (given === undefined || given.value === '') return undefined;
  const version = TLS_VERSIONS.find((known) => known.toLowerCase() === given.value.toLowerCase());
  if (version !== undefined) return version;
  throw parameterFault(given, `has a ${key} that does not exist`, `One of ${TLS_VERSIONS.join(', ')}`);
}

function trustedAuthorities(root: string | null, isSystem: boolean): SecureContextOptions {
  if (!isSystem) return root === null ? {} : { ca: root };
  const ofSystem = getCACertificates('system');
  // A container without a store of its own: Node's list, which holds the same public authorities.
  return ofSystem.length === 0 ? {} : { ca: ofSystem };
}

/** Options of a connection that is encrypted with a mode. */
async function encrypted(
  endpoint: PostgresEndpoint,
  mode: SslMode,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ConnectionOptions> {
  const { parameters } = endpoint;
  const read = tlsFileReader(endpoint, postgresHome(env).tlsDirectory);
  const isSystem = parameters.get('sslrootcert')?.value === 'system';
  const root = isSystem ? null : await read('sslrootcert', 'root.crt');
  if (mode === 'verify-ca' && root === null) {
    throw parameterFault(
      parameters.get('sslmode')!,
      'asks for sslmode=verify-ca and names no authority, so anybody with a public certificate would pass',
      'Name the certificate of the authority in sslrootcert, or write sslmode=verify-full',
    );
  }
  if (root !== null && !root.includes('-----BEGIN')) {
    const from = parameters.get('sslrootcert')?.from ?? 'The file root.crt of this user';
    throw new MigrationError('config', `${from} names no certificate in sslrootcert`, {
      hint: 'Name a PEM file with the certificate of the authority',
    });
  }
  const isVerifying = mode === 'verify-full' || mode === 'verify-ca' || (mode === 'require' && root !== null);
  const crlGiven = [parameters.get('sslcrl'), parameters.get('sslcrldir')].find((given) => given?.value);
  if (crlGiven !== undefined && !isVerifying) {
    throw parameterFault(
      crlGiven,
      `names revoked certificates, which sslmode=${mode} does not look at`,
      'Write sslmode=verify-full or verify-ca',
    );
  }
  const crl = isVerifying ? await revocations(endpoint, read) : [];
  const minVersion = tlsVersionOf(parameters.get('ssl_min_protocol_version'), 'ssl_min_protocol_version');
  const maxVersion = tlsVersionOf(parameters.get('ssl_max_protocol_version'), 'ssl_max_protocol_version');
  if (minVersion !== undefined && maxVersion !== undefined && minVersion > maxVersion) {
    throw parameterFault(
      parameters.get('ssl_max_protocol_version')!,
      'has an ssl_max_protocol_version below ssl_min_protocol_version',
      'Correct one of the two',
    );
  }
  const material: SecureContextOptions = {
    ...trustedAuthorities(root, isSystem),
    ...(await clientCertificate(endpoint, read)),
    ...(crl.length === 0 ? {} : { crl }),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  };
  try {
    createSecureContext(material);
  } catch (error) {
    throw new MigrationError('config', 'The TLS files or versions of the source cannot be used together', {
      hint: 'sslrootcert, sslcert, sslkey and sslcrl are PEM files; the key belongs to the certificate, and sslpassword opens it',
      cause: error,
    });
  }
  return {
    rejectUnauthorized: isVerifying,
    ...material,
    ...(isVerifying && mode !== 'verify-full' ? { checkServerIdentity: () => undefined } : {}),
  };
}

/**
 * The ways to encrypt that `sslmode` allows for each host, in the order in which they are tried, with the meaning that libpq
 * gives to them (https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION), which differs from pg's own:
 * `require` encrypts without checking the certificate unless there is an authority to check it by; `prefer` and `allow` try
 * both. Unix sockets are never encrypted. Throws MigrationError('config').
 */
export async function postgresTls(
  endpoint: PostgresEndpoint,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly (readonly PostgresTls[])[]> {
  const mode = sslModeOf(endpoint);
  const negotiation = endpoint.parameters.get('sslnegotiation');
  if (negotiation !== undefined && !['postgres', 'direct'].includes(negotiation.value)) {
    throw parameterFault(negotiation, 'has an sslnegotiation that does not exist', 'One of postgres, direct');
  }
  if (negotiation?.value === 'direct' && ['disable', 'allow', 'prefer'].includes(mode)) {
    throw parameterFault(
      negotiation,
      `asks for sslnegotiation=direct with sslmode=${mode}`,
      'Write sslmode=require or a stricter one',
    );
  }
  const byMode = async (): Promise<readonly PostgresTls[]> => {
    if (mode === 'disable') return [false];
    const tls = await encrypted(endpoint, mode, env);
    if (mode === 'allow') return [false, tls];
    return mode === 'prefer' ? [tls, false] : [tls];
  };
  const allowed = await byMode();
  return endpoint.hosts.map(({ host, address }): readonly PostgresTls[] => {
    if (isSocket(host)) return [false];
    // The certificate is for the name, also where another address is connected to.
    const name = address === null || host === address ? {} : { servername: host };
    return allowed.map((way) => (way === false ? false : { ...way, ...name }));
  });
}
