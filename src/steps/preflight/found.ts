import type { Finding } from '../../contract/migrationReport.ts';
import type { Problem } from '../../errors.ts';

/** A server that restarts is no reason to end before the beginning; a host that is not there is told soon. */
export const PATIENCE_MS = 6_000;
export const TRY_AGAIN_MS = 400;

/** What looking has found so far. */
export interface Found {
  readonly problems: Problem[];
  readonly findings: Finding[];
}

/** Work that is done again over new clients finds afresh. */
export const nothing = (): Found => ({ problems: [], findings: [] });

/** Adds what another look has found. */
export function add(found: Found, seen: Found): void {
  found.problems.push(...seen.problems);
  found.findings.push(...seen.findings);
}
