import { MigrationError } from '../../errors.ts';
import type { GivenParameter } from './postgresParameters.ts';

/** A parameter that cannot be honoured: what gave it, and then `what`. */
export function parameterFault(given: GivenParameter, what: string, hint: string): MigrationError {
  return new MigrationError('config', `${given.from} ${what}`, { hint });
}
