import { didYouMean } from '../../didYouMean.ts';
import { parameterFault } from './parameterFault.ts';
import type { GivenParameter } from './postgresParameters.ts';

/** `no-verify` is node-postgres's own word for what libpq calls `require`. */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'no-verify', 'verify-ca', 'verify-full'] as const;

/** How a connection to PostgreSQL is encrypted, and whom it trusts. */
export type SslMode = (typeof SSL_MODES)[number];

/** The mode that parameters name, null where they name none. Throws MigrationError('config') for one that does not exist. */
export function writtenSslMode(parameters: ReadonlyMap<string, GivenParameter>): SslMode | null {
  const written = parameters.get('sslmode');
  if (written === undefined) return null;
  const mode = SSL_MODES.find((known) => known === written.value);
  if (mode !== undefined) return mode;
  const meant = didYouMean(written.value, SSL_MODES);
  const suggestion = meant === null ? '' : `; did you mean ${meant}?`;
  throw parameterFault(written, `has an sslmode that does not exist${suggestion}`, `One of ${SSL_MODES.join(', ')}`);
}
