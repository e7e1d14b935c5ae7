import type { MigrateState } from '../../contract/migrateState.ts';
import type { Finding, Unlisted } from '../../contract/migrationReport.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import { FINDINGS } from '../../contract/storedFindings.ts';
import { tableNotes } from '../../mlflow/schema/tableNotes.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { getRecord } from '../../runtime/records.ts';
import type { PlannedWork, Services } from '../../runtime/services.ts';
import { addUnlisted, mostUnlisted } from '../../validation/findingList.ts';
import { indexNotes } from './indexNotes.ts';
import type { ReportedRun } from './recallWork.ts';

/** What the report lists: the findings of all steps; of a dry run, what keeps a migration from its end, and what could not be looked at. */
export async function reportFindings(
  services: Services,
  run: ReportedRun,
  planned: PlannedWork | null,
): Promise<Finding[]> {
  const all = await allFindings(services, run, planned);
  return run.request.dryRun ? [...consentNotes(run.state), ...ofDryRun(all)] : all;
}

/** Findings that the steps have counted and not listed. The copy and the comparison meet the same rows: no more than either of them knows. */
export function unlistedFindings(request: MigrationRequest, state: MigrateState): Unlisted {
  const copied = state.copied.unlisted ?? {};
  const compared = state.validated.unlisted ?? {};
  let sum: Unlisted = [state.checks.unlisted ?? 0, 0, 0];
  for (const table of new Set([...Object.keys(copied), ...Object.keys(compared)])) {
    sum = addUnlisted(sum, mostUnlisted(copied[table], compared[table]));
  }
  return request.dryRun ? [0, 0, sum[2]] : sum;
}

/** Findings of all steps: errors first; a row that could not be copied is told once. */
async function allFindings(
  services: Services,
  { id, request, state }: ReportedRun,
  planned: PlannedWork | null,
): Promise<Finding[]> {
  const failures = (check: Finding['check'], of: MigrateState['copied']['failures']) =>
    of.map(
      ({ table, problem }): Finding => ({
        severity: 'error',
        check,
        table,
        isFailure: true,
        message: `${problem.message}. ${problem.hint}`,
      }),
    );
  // A comparison carries nothing: a table that cannot be read was not looked at.
  const copy = request.validateOnly ? 'content' : 'copy';
  const findings = [...failures(copy, state.copied.failures), ...failures('content', state.validated.failures)];
  const seen = new Set<string>();
  for (const path of await services.blobs.list(blobPaths.findings(id))) {
    for (const finding of (await getRecord(services.blobs, path, FINDINGS))?.findings ?? []) {
      const row =
        finding.key === undefined ? null : JSON.stringify([finding.table, finding.key, finding.field ?? null]);
      if (row !== null && seen.has(row)) continue;
      if (row !== null) seen.add(row);
      findings.push(finding);
    }
  }
  for (const table of state.problems.length > 0 || state.isCancelled ? [] : state.shapeChanged) {
    const message =
      'The table was changed, replaced or restored while it was being migrated, and again after it had been read anew: what it holds now was not compared';
    findings.push({ severity: 'error', check: 'schema', table, message });
  }
  const ofTables = planned === null ? [] : tableNotes(planned.plan.schema, planned.plan.tableRows);
  const notes = [...ofTables, ...(planned?.layout.notes ?? [])].map(({ unseenReference, ...note }): Finding => {
    return { severity: 'note', check: unseenReference === undefined ? 'schema' : 'references', ...note };
  });
  const ofIndexes = planned === null ? [] : indexNotes(planned, request.dryRun);
  const all = [...findings, ...ofIndexes, ...notes];
  return [...all.filter(({ severity }) => severity === 'error'), ...all.filter(({ severity }) => severity === 'note')];
}

/** What a dry run finds different is what a migration would do: no fault of anything. What it could not look at is worth a note. */
function ofDryRun(findings: readonly Finding[]): Finding[] {
  return findings.flatMap((finding): Finding[] => {
    if (finding.severity === 'note') return [finding];
    return finding.isFailure === true ? [{ ...finding, severity: 'note' }] : [];
  });
}

/** That the migration would stop for the operator's consent, as a dry run found. */
function consentNotes({ vanished, wouldRefuse }: MigrateState): Finding[] {
  if (wouldRefuse === undefined || wouldRefuse === null) return [];
  const table = Object.keys(vanished)
    .filter((name) => (vanished[name] ?? 0) > 0)
    .join(', ');
  const message = `A migration would stop before it deletes: ${wouldRefuse.message}. ${wouldRefuse.hint}`;
  return [{ severity: 'note', check: 'counts', table, message }];
}
