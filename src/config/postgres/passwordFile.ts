import { open } from 'node:fs/promises';
import { MigrationError } from '../../errors.ts';

/** What a line of a password file must match. `host` is `localhost` for the default of a URI without one. */
export interface PasswordKey {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** A password file as it was read. */
export interface PasswordFile {
  readonly path: string;
  readonly text: string;
  /** May others than its owner read it? libpq takes no password from such a file. */
  readonly isOpen: boolean;
}

/** Four fields that end with a colon, then the password. A backslash before a colon or a backslash takes its meaning away. */
const LINE = /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.+)$/s;

function unescaped(field: string): string {
  return field.replace(/\\(.)/gs, '$1');
}

/**
 * Reads a password file (https://www.postgresql.org/docs/current/libpq-pgpass.html). One that is not there holds no
 * password; where it was asked for by name, `label` says by whom, and that is a MigrationError('config').
 */
export async function readPasswordFile(path: string, label: string | null): Promise<PasswordFile | null> {
  try {
    await using file = await open(path, 'r');
    const { mode } = await file.stat();
    const isOpen = process.platform !== 'win32' && (mode & 0o077) !== 0;
    return { path, text: await file.readFile('utf8'), isOpen };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (label === null && (code === 'ENOENT' || code === 'ENOTDIR')) return null;
    throw new MigrationError('config', `${label ?? 'Home'} names a password file that cannot be read: ${path}`, {
      hint: 'Check the path and its permissions',
      cause: error,
    });
  }
}

/** The password of the first line that matches, null without one. Throws MigrationError('config') where others may read the file that has it. */
export function passwordFor(file: PasswordFile, key: PasswordKey): string | null {
  const wanted = [key.host, String(key.port), key.database, key.user];
  for (const line of file.text.split(/\r?\n/)) {
    const found = line.startsWith('#') ? null : LINE.exec(line);
    if (found === null) continue;
    const [password = '', ...fields] = found.slice(1).toReversed();
    const written = fields.toReversed();
    if (!wanted.every((value, index) => written[index] === '*' || unescaped(written[index] ?? '') === value)) continue;
    if (file.isOpen) {
      throw new MigrationError('config', `Others may read the password file ${file.path}`, {
        hint: 'Take their permissions away (chmod 0600): until then no password is taken from it, as in libpq',
      });
    }
    return unescaped(password);
  }
  return null;
}
