import type { LayoutName } from '../contract/layoutName.ts';
import { REPORT_SCHEMA_VERSION } from '../contract/migrationReport.ts';
import type { Problem } from '../errors.ts';
import { checkResults } from '../report/judge.ts';
import { judgeUnreported } from '../report/judgeUnreported.ts';

/** What is known of a run that ended before it had a report. */
export interface FailedRun {
  readonly id: string | null;
  readonly status: 'failed' | 'cancelled';
  readonly layout: LayoutName;
  readonly dryRun: boolean;
  readonly source: string | null;
  readonly target: string | null;
  readonly problems: readonly Problem[];
}

/** The document that `--json` prints for a run without a report: every field of the contract, so that readers need no second case. */
export function failureDocument(run: FailedRun): Record<string, unknown> {
  const kind = run.dryRun ? 'analysis' : 'migration';
  const verdict = judgeUnreported({ kind, isStarted: run.id !== null, ending: run.status, problems: run.problems });
  return {
    schemaVersion: REPORT_SCHEMA_VERSION,
    id: run.id,
    status: verdict.status,
    layout: run.layout,
    dryRun: run.dryRun,
    source: run.source,
    target: run.target,
    tables: {},
    totals: { total: 0, migrated: 0, errors: 0 },
    validation: { ...checkResults(verdict), findings: [] },
    throttled: 0,
    requestUnits: null,
    seconds: { total: 0, copy: 0, indexes: 0, validate: 0 },
    reports: { json: null, text: null, html: null },
    consistentAt: null,
    deleted: {},
    sharedCollections: [],
    verdict,
    problems: run.problems,
  };
}
