import type { Analysis } from '../contract/migrationReport.ts';

/** Did the run come as far as its plan? One that ended before, such as in preflight, knows of no table, and its zeros are no counts. */
export function isCounted({ tables }: Analysis): boolean {
  return Object.keys(tables).length > 0;
}
