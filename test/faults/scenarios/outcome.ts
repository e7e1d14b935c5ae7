import type { CommandResult } from '../command.ts';
import type { Comparison } from '../compare.ts';
import type { ProxyStats } from '../proxy/cosmosProxy.ts';

/** One round of one scenario: passed when `failures` is empty. */
export interface Outcome {
  readonly scenario: string;
  readonly what: string;
  readonly seconds: number;
  readonly figures: Readonly<Record<string, string | number>>;
  readonly failures: readonly string[];
  /** The end of the command's stderr, shown when the round failed. */
  readonly log: string;
}

/** Failures that any round has: another exit code than 0, and differences. */
export function commonFailures(result: CommandResult, comparison: Comparison): string[] {
  const failures: string[] = [];
  if (result.exitCode !== 0) failures.push(`exit code ${result.exitCode ?? result.signal}`);
  if (comparison.differenceCount > 0) {
    const [first] = comparison.differences;
    const field = first?.field === undefined ? '' : ` ${first.field}`;
    failures.push(
      `${comparison.differenceCount} differences, first: ${first?.table} ${first?.kind}${field} (${first?.key})`,
    );
  }
  return failures;
}

/** What a proxy's books say against a client that was never killed. */
export function bookFailures(stats: ProxyStats): string[] {
  const failures: string[] = [];
  if (stats.resentInserts > 0) failures.push(`${stats.resentInserts} documents sent again that had been accepted`);
  if (stats.earlyResends > 0) failures.push(`${stats.earlyResends} documents sent again before the told time`);
  if (stats.earlyWrites > 0) failures.push(`${stats.earlyWrites} writes sent before the told time`);
  return failures;
}

/** A share as a percentage with one digit. */
export function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(100 * share).toFixed(1)}%`;
}

/** Rounds as a table for people; each line ends in ok or in what went wrong. */
export function printOutcome(outcome: Outcome): string {
  const figures = Object.entries(outcome.figures)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  const verdict = outcome.failures.length === 0 ? 'ok' : `FAILED: ${outcome.failures.join('; ')}`;
  return `${outcome.scenario.padEnd(9)} ${outcome.what.padEnd(38)} ${outcome.seconds.toFixed(1).padStart(7)} s  ${figures}  ${verdict}`;
}
