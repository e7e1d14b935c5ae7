import type { MigrationReport } from '../contract/migrationReport.ts';
import { formatSeconds } from './formatUnits.ts';

type Seconds = MigrationReport['seconds'];

/** Nobody reads a tenth of a second as time. */
const NO_TIME = 0.05;

/** What of the comparison came before the time that counts as its own: `, after 11.3 s beside the indexes`; empty where nothing did. */
export function besideWords({ beside = 0 }: Pick<Seconds, 'beside'>): string {
  return beside < NO_TIME ? '' : `, after ${formatSeconds(beside)} beside the indexes`;
}

/** How long rows were compared: `12.0 s, after 11.3 s beside the indexes`. */
export function validationTime(seconds: Pick<Seconds, 'validate' | 'beside'>): string {
  const { validate } = seconds;
  const before = besideWords(seconds);
  // Of a run that ended before its last index, nothing else.
  return validate < NO_TIME && before !== '' ? before.replace(', after ', '') : `${formatSeconds(validate)}${before}`;
}

/** What nobody worked in a run, as both reports call it. */
export const REST = 'suspended or without a process';

/** How long it all took, and how much of it was rest. */
export function totalTime({ total, rest = 0 }: Pick<Seconds, 'total' | 'rest'>): string {
  return rest < NO_TIME ? formatSeconds(total) : `${formatSeconds(total)}, ${formatSeconds(rest)} of it ${REST}`;
}
