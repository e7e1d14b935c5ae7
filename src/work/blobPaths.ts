/** Where the documents of one migration stand in the report container, by its id. */
export const blobPaths = {
  all: (id: string) => `${id}/`,
  plan: (id: string) => `${id}/state/plan.json`,
  summary: (id: string) => `${id}/state/summary.json`,
  control: (id: string) => `${id}/state/control.json`,
  throughput: (id: string) => `${id}/state/throughput.json`,
  progress: (id: string) => `${id}/state/progress/`,
  processProgress: (id: string, process: string) => `${id}/state/progress/${process}.json`,
  findings: (id: string) => `${id}/state/findings/`,
  finding: (id: string, step: string) => `${id}/state/findings/${step}.json`,
  log: (id: string) => `${id}/migration.log`,
  report: (id: string, format: 'json' | 'text' | 'html') =>
    `${id}/migration-report.${format === 'text' ? 'txt' : format}`,
} as const;
