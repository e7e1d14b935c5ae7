import { MigrationError } from '../../errors.ts';
import { type SplitUri, splitUri } from '../splitUri.ts';
import { completePostgres, type PostgresEndpoint } from './postgresEndpoint.ts';
import type { GivenParameter } from './postgresParameters.ts';

/** A PostgreSQL URI with what service file and environment add to it. */
export interface ParsedPostgresUri extends PostgresEndpoint {
  readonly kind: 'postgres';
}

/** Keys that may stand several times: SQLAlchemy writes a list of hosts so. */
const REPEATABLE = new Set(['host', 'port', 'hostaddr']);

/** What a PostgreSQL URI itself says. As in libpq, its query wins over what stands before. */
function writtenParameters(parts: SplitUri, label: string): Map<string, GivenParameter> {
  const written = new Map<string, GivenParameter>();
  const set = (key: string, value: string): void => {
    if (value !== '') written.set(key, { value, from: label });
  };
  set('host', parts.hosts.map(({ host }) => host).join(','));
  if (parts.hosts.some(({ port }) => port !== null)) set('port', parts.hosts.map(({ port }) => port ?? '').join(','));
  set('user', parts.user ?? '');
  set('password', parts.password ?? '');
  set('dbname', parts.path);
  const inQuery = new Map<string, string>();
  for (const [name, value] of parts.query) {
    const key = name.toLowerCase();
    const before = inQuery.get(key);
    if (before !== undefined && !REPEATABLE.has(key)) {
      throw new MigrationError(
        'config',
        `${label} has ${/^\w{1,40}$/.test(key) ? `the parameter ${key}` : 'a parameter'} twice`,
        {
          hint: 'Write it once',
        },
      );
    }
    inQuery.set(key, before === undefined ? value : `${before},${value}`);
  }
  for (const [key, value] of inQuery) written.set(key, { value, from: label });
  return written;
}

/**
 * Reads a PostgreSQL URI, completes it as libpq does from service file and environment, and registers its passwords for
 * redaction. `label` names the option, setting or secret that holds it. Throws MigrationError('config') for what cannot be
 * honoured, with messages that repeat nothing of the URI but its scheme and the names of parameters.
 */
export function parsePostgresUri(
  text: string,
  label: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ParsedPostgresUri {
  const parts = splitUri(text, 'postgres', label);
  return { kind: 'postgres', ...completePostgres(writtenParameters(parts, label), label, env) };
}
