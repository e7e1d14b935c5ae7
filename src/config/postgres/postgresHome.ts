import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where libpq looks for the user's own files: service and password file, and those for TLS. */
export interface PostgresHome {
  /** Holds `.pg_service.conf`. */
  readonly home: string;
  readonly passwordFile: string;
  /** Holds `root.crt`, `root.crl`, `postgresql.crt` and `postgresql.key`. */
  readonly tlsDirectory: string;
}

/** The places of this user, as libpq has them: https://www.postgresql.org/docs/current/libpq-pgpass.html and libpq-ssl.html. */
export function postgresHome(env: Readonly<Record<string, string | undefined>>): PostgresHome {
  if (process.platform === 'win32') {
    const directory = join(env['APPDATA'] || homedir(), 'postgresql');
    return { home: directory, passwordFile: join(directory, 'pgpass.conf'), tlsDirectory: directory };
  }
  const home = env['HOME'] || homedir();
  return { home, passwordFile: join(home, '.pgpass'), tlsDirectory: join(home, '.postgresql') };
}
