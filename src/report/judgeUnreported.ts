import { CHECKS, type Facts } from '../contract/facts.ts';
import type { JudgedKind } from '../contract/runKind.ts';
import type { Verdict } from '../contract/verdict.ts';
import type { Problem } from '../errors.ts';
import { judge } from './judge.ts';

/** What is known of a run that ended without a report. */
export interface UnreportedRun {
  readonly kind: JudgedKind;
  /** False where it ended before anything was started. */
  readonly isStarted: boolean;
  readonly ending: 'cancelled' | 'failed';
  readonly problems: readonly Problem[];
}

/** The verdict on a run that left no report: nothing is known of its rows and checks, and nothing is said of them. */
export function judgeUnreported({ kind, isStarted, ending, problems }: UnreportedRun): Verdict {
  const notRun = { result: 'not-run', at: null, uncovered: [] } as const;
  return judge({
    kind,
    ending,
    validate: 'none',
    only: { tables: null, workspace: null },
    problems,
    checks: Object.fromEntries(CHECKS.map((name) => [name, notRun])) as unknown as Facts['checks'],
    rows: { total: 0, migrated: 0, errors: 0, migratedBy: isStarted ? 'not-counted' : 'nothing-written' },
    errorFindings: 0,
    carryFindings: 0,
    failureFindings: 0,
    mayHaveWritten: kind === 'migration' && isStarted,
    orphansAsInSource: 0,
    unseenReferences: [],
    schema: { changed: [], leftover: [] },
    instant: null,
    compared: null,
    deleted: {},
    sharedCollections: [],
  });
}
