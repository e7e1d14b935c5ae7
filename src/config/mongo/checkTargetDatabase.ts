import { MigrationError } from '../../errors.ts';
import { MONGO_EXAMPLE } from '../splitUri.ts';

/** Target database of a URI that names none. */
export const DEFAULT_DATABASE = 'mlflow_migrated';

/** Databases that MongoDB keeps for itself. */
const RESERVED_DATABASES = ['admin', 'local', 'config'];

const ALLOWED = 'It takes 1 to 63 bytes without a space, a dot and any of / \\ " $ * < > : | ? @';

/** Throws MigrationError('config') for a name that MongoDB refuses as a database, or keeps for itself. */
export function checkTargetDatabase(database: string, label: string): void {
  if (database === '' || /[/\\. "$*<>:|?@\0]/.test(database) || Buffer.byteLength(database) > 63) {
    throw new MigrationError('config', `${label} has a database name that MongoDB does not allow`, {
      // A body names the database by itself; of a URI it may be part of a password in which / or @ stands as it is.
      hint: `${ALLOWED}${label.includes('.database') ? '' : `. ${MONGO_EXAMPLE}; percent-encode @ and / in a password`}`,
    });
  }
  if (RESERVED_DATABASES.includes(database.toLowerCase())) {
    throw new MigrationError('config', `${label} names the database ${database}, which MongoDB reserves`, {
      hint: `Name the database to write to, and give the one to log in at as authSource: /${DEFAULT_DATABASE}?authSource=${database}`,
    });
  }
}
