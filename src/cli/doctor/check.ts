import { ERROR_POLICY, type ErrorKind } from '../../errors.ts';

/** One thing that a migration needs, and whether it is there. Holds no secret. */
export interface Check {
  readonly name: string;
  /** `note`: a migration goes on without it, in a way that is worth knowing. `unseen`: it was not looked at. */
  readonly state: 'ok' | 'note' | 'unseen' | 'missing';
  readonly found: string;
  /** What to do, so that it is there or looked at; empty where nothing is to be done. */
  readonly cure: string;
  /** Of what is missing: it decides the exit code. */
  readonly kind?: ErrorKind;
}

/** 4 where an end does not answer or refuses, 1 where anything else is missing, 0 where a migration may begin. */
export function exitCodeOf(checks: readonly Check[]): 0 | 1 | 4 {
  const missing = checks.filter(({ state }) => state === 'missing');
  if (missing.some(({ kind }) => kind !== undefined && ERROR_POLICY[kind].exitCode === 4)) return 4;
  return missing.length > 0 ? 1 : 0;
}

const MARKS: Readonly<Record<Check['state'], string>> = { ok: '✅', note: '💡', unseen: '➖', missing: '❌' };

/** What all checks say together: no more than was looked at. */
export function verdictOf(checks: readonly Check[]): string {
  const unseen = checks.filter(({ state }) => state === 'unseen').map(({ name }) => name.toLowerCase());
  const isFine = exitCodeOf(checks) === 0;
  if (unseen.length === 0) return isFine ? 'Nothing is missing' : 'Something is missing';
  const rest = `not looked at: ${unseen.join(', ')}`;
  return isFine ? `Nothing is missing of what was looked at; ${rest}` : `Something is missing; ${rest}`;
}

/** Checks below each other, what to do below each. */
export function checkLines(checks: readonly Check[]): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = ' '.repeat(width + 5);
  return checks.flatMap(({ name, state, found, cure }) => [
    `${MARKS[state]} ${`${name}:`.padEnd(width + 1)} ${found}`,
    ...(cure === '' ? [] : [`${indent}-> ${cure}`]),
  ]);
}
