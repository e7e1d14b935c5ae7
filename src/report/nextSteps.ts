import { isCharged } from '../contract/flavour.ts';
import { LAYOUT_NAMES } from '../contract/layoutName.ts';
import type { MigrationReport } from '../contract/migrationReport.ts';
import { LAYOUT_GUIDE } from './layoutGuide.ts';

/** What a migration of this dry run would ask on a terminal before it goes on, as far as the dry run can tell. */
export function questionsAhead({ analysis, wouldChange }: MigrationReport): string[] {
  const isPaidEach = analysis.requestUnits !== null && analysis.requestUnits.provisioned === null;
  const isDeleting = Object.values(wouldChange ?? {}).some(({ deleted }) => deleted !== 0);
  return [
    ...(isPaidEach ? ['whether to make collections that are each paid for separately (--yes says so at once)'] : []),
    ...(isDeleting
      ? ['whether to delete documents without a row, where they are many (--allow-deletes N says so at once)']
      : []),
  ];
}

/** MLflow's plugin does not work on request units (docs/after-migration.md): all data is there, and nobody reads it. */
function isUnread({ layout, environment }: MigrationReport): boolean {
  return layout === 'mlflow' && isCharged(environment.flavour);
}

/** What to do after a run that came to its end; nothing after any other, and after a comparison. */
export function nextSteps(report: MigrationReport): string[] {
  const { good } = report.verdict;
  if (!good || report.kind === 'comparison') return [];
  if (report.kind === 'analysis') return ['Migrate: the same command without --dry-run'];
  const last = isUnread(report)
    ? 'Nothing reads this layout on request units: migrate to MongoDB for MLflow'
    : LAYOUT_GUIDE[report.layout].next;
  // After a cut-over the target is what is written to.
  if (report.afterCutover !== undefined) return [last];
  return ['Bring over what is written to the source meanwhile: the same command with --catch-up', last];
}

/** The other layouts, of which a dry run reminds: it is the last moment to choose one. */
export function otherLayouts({ kind, layout }: MigrationReport): readonly MigrationReport['layout'][] {
  return kind === 'analysis' ? LAYOUT_NAMES.filter((name) => name !== layout) : [];
}
