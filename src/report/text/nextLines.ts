import type { MigrationReport } from '../../contract/migrationReport.ts';
import { layoutLines } from '../layoutGuide.ts';
import { nextSteps, otherLayouts, questionsAhead } from '../nextSteps.ts';
import { SECTION_RULE } from './sections.ts';

/** Who reads what was made, and what comes next; nothing after a run that has made nothing. */
export function nextLines(report: MigrationReport): string[] {
  const steps = nextSteps(report);
  if (steps.length === 0) return [];
  const others = otherLayouts(report).flatMap(layoutLines);
  const questions = report.kind === 'analysis' ? questionsAhead(report) : [];
  return [
    'LAYOUT AND NEXT STEP:',
    SECTION_RULE,
    ...layoutLines(report.layout),
    ...(others.length > 0 ? ['Another one is chosen with --layout:', ...others] : []),
    ...(questions.length > 0 ? ['A migration will ask:', ...questions.map((question) => `  ${question}`)] : []),
    ...steps.map((step) => `Next: ${step}`),
  ];
}
