import type { Finding, MigrationReport } from '../../contract/migrationReport.ts';
import { formatCount } from '../../formatCount.ts';
import { curesOf } from '../findingCure.ts';
import { printable } from '../printable.ts';
import { SECTION_RULE } from './sections.ts';

/** What was found, and below it what to do about each kind. Nothing where nothing was found. */
export function findingsLines(report: MigrationReport): string[] {
  const listed = report.validation.findings;
  if (listed.length === 0 && report.findingsOmitted === 0) return [];
  const cures = curesOf(listed);
  return [
    `FINDINGS (${formatCount(listed.length + report.findingsOmitted)}):`,
    SECTION_RULE,
    ...listed.flatMap(findingLines),
    ...(report.findingsOmitted > 0
      ? [`... and ${formatCount(report.findingsOmitted)} more, counted but not listed`]
      : []),
    ...(cures.length > 0 ? ['What to do:', ...cures.map((cure) => `-> ${cure}.`)] : []),
  ];
}

function findingLines(finding: Finding): string[] {
  const types = [finding.sourceType, finding.targetType].filter((type) => type !== undefined).join(' -> ');
  const where = [
    `[${finding.check}] ${printable(finding.table)}`,
    ...(finding.key === undefined ? [] : [`key: ${printable(finding.key)}`]),
    ...(finding.field === undefined ? [] : [`field: ${printable(finding.field)}`]),
    ...(types === '' ? [] : [`types: ${printable(types)}`]),
  ];
  return [`${finding.severity === 'error' ? '❌' : '💡'} ${where.join(' | ')}`, `   ${printable(finding.message)}`];
}
