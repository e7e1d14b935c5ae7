/** The forms in which a report is rendered. */
export const REPORT_FORMATS = ['json', 'text', 'html'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** What the report route answers: the report, the plan that it speaks of, and the manifest that vouches for all of them. */
export const REPORT_DOCUMENTS = [...REPORT_FORMATS, 'plan', 'manifest'] as const;
export type ReportDocument = (typeof REPORT_DOCUMENTS)[number];

/** All that a run leaves for whoever looks at it later. */
export type EvidenceFile = ReportDocument | 'differences';

/** What the files of a run are called on disk, and in its manifest. */
export function evidenceFiles(id: string): Readonly<Record<EvidenceFile, string>> {
  const run = id.replace(/[^A-Za-z0-9_.-]+/g, '-');
  return {
    json: `migration-report-${run}.json`,
    text: `migration-report-${run}.txt`,
    html: `migration-report-${run}.html`,
    plan: `migration-plan-${run}.json`,
    differences: `migration-differences-${run}.ndjson`,
    manifest: `migration-manifest-${run}.json`,
  };
}
