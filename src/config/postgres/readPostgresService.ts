import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MigrationError } from '../../errors.ts';
import type { Environment } from '../environment.ts';
import { postgresHome } from './postgresHome.ts';
import type { GivenParameter } from './postgresParameters.ts';

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new MigrationError('config', `The service file ${path} cannot be read (${code ?? 'unknown reason'})`, {
      hint: 'Check its permissions',
      cause: error,
    });
  }
}

function unreadable(path: string, line: number, why: string): MigrationError {
  return new MigrationError('config', `Line ${line} of the service file ${path} ${why}`, {
    hint: 'Write each parameter as key=value: https://www.postgresql.org/docs/current/libpq-pgservice.html',
  });
}

/** The section of one service, null where the file has none. */
function sectionOf(text: string, path: string, service: string): Map<string, string> | null {
  let section: Map<string, string> | null = null;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      if (section !== null) break;
      if (line === `[${service}]`) section = new Map();
      continue;
    }
    if (section === null) continue;
    if (/^ldaps?:/i.test(line)) throw unreadable(path, index + 1, 'asks for LDAP, which this program does not speak');
    const equals = line.indexOf('=');
    const key = line.slice(0, Math.max(0, equals));
    if (key === '') throw unreadable(path, index + 1, 'is not key=value');
    if (key === 'service' || key === 'servicefile')
      throw unreadable(path, index + 1, 'names a service within a service');
    // As in libpq, the first of two wins.
    if (!section.has(key)) section.set(key, line.slice(equals + 1));
  }
  return section;
}

/**
 * The parameters of a service (https://www.postgresql.org/docs/current/libpq-pgservice.html), from `file` or the user's own
 * service file, then from that of PGSYSCONFDIR. Throws MigrationError('config') where none of them has it.
 */
export function readPostgresService(
  service: string,
  file: string | null,
  env: Environment,
  label: string,
): Map<string, GivenParameter> {
  const own = file ?? join(postgresHome(env).home, '.pg_service.conf');
  const directory = env['PGSYSCONFDIR'];
  const paths = [own, ...(directory ? [join(directory, 'pg_service.conf')] : [])];
  for (const path of paths) {
    const text = readIfThere(path);
    const section = text === null ? null : sectionOf(text, path, service);
    if (section === null) continue;
    const from = `Service ${service} in ${path}`;
    return new Map([...section].map(([key, value]) => [key, { value, from }]));
  }
  throw new MigrationError('config', `${label} names the service ${service}, which is not in ${paths.join(' or ')}`, {
    hint: 'Correct its name, or name the file that has it in PGSERVICEFILE',
  });
}
