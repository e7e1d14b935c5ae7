import { formatCount, formatPlural } from './formatUnits.ts';
import type { MigrationReport } from './model.ts';

/** How a migration ended, in words for people; `good` decides mark and colour. */
interface OutcomeWords {
  readonly good: boolean;
  readonly headline: string;
  readonly detail: string;
}

/** Words for the end of a migration or dry run. */
export function describeOutcome(report: MigrationReport): OutcomeWords {
  const what = report.dryRun ? 'Dry run' : 'Migration';
  switch (report.status) {
    case 'completed':
      return { good: true, headline: `${what} completed successfully`, detail: successDetail(report) };
    case 'completed-with-errors':
      return { good: false, headline: `${what} completed with ${faults(report)}`, detail: errorDetail(report) };
    case 'failed':
      return { good: false, headline: `${what} failed`, detail: failureDetail(report) };
    case 'cancelled':
      return {
        good: false,
        headline: `${what} cancelled`,
        detail: report.dryRun ? 'Nothing was written to the target.' : 'What was copied stays; resume it to go on.',
      };
  }
}

function successDetail(report: MigrationReport): string {
  if (report.dryRun) return 'Nothing was written to the target.';
  const rows = `${formatPlural(report.totals.migrated, 'record')} in the target`;
  if (report.settings.validate === 'full') return `${rows}, each compared with its row in the source.`;
  if (report.settings.validate === 'counts') return `${rows}. Counts were compared, contents were not.`;
  return `${rows}. Nothing was compared: validation was off.`;
}

function faults(report: MigrationReport): string {
  if (report.totals.errors > 0) return formatPlural(report.totals.errors, 'error');
  // Those beyond the listed ones are counted as differences: notes are few and come from the schema.
  const listed = report.validation.findings.filter((finding) => finding.severity === 'error').length;
  const differences = listed + report.findingsOmitted;
  return differences > 0 ? formatPlural(differences, 'difference') : 'errors';
}

function errorDetail(report: MigrationReport): string {
  const { total, migrated, errors } = report.totals;
  const arrived = `${formatCount(migrated)} of ${formatPlural(total, 'record')} arrived`;
  if (errors > 0) return `${arrived}; the findings name the others, each with its reason.`;
  return `${arrived}; the findings name what differs between source and target.`;
}

function failureDetail(report: MigrationReport): string {
  const { total, migrated } = report.totals;
  if (report.dryRun || total === 0) return 'Nothing was written to the target.';
  return `${formatCount(migrated)} of ${formatPlural(total, 'record')} arrived before it stopped.`;
}
