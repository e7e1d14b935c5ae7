import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import { ERROR_POLICY } from '../../errors.ts';

/** How a command ends that was asked for something that cannot be. */
const REFUSED = ERROR_POLICY.usage.exitCode;

/**
 * Did the run end in its first step for what it was asked for alone, such as a table that the source has not? There is nothing
 * to report then: the answer is that of any other wrong option.
 */
export function isRefusal({ status, endedIn, failures }: MigrationStatus): boolean {
  const isWrong = failures.length > 0 && failures.every(({ kind }) => ERROR_POLICY[kind].exitCode === REFUSED);
  return status === 'failed' && endedIn === 'preflight' && isWrong;
}
