import type { ReportFormat } from '../contract/reportFiles.ts';

const REPORT_NAMES: Readonly<Record<ReportFormat | 'manifest', string>> = {
  json: 'migration-report.json',
  text: 'migration-report.txt',
  html: 'migration-report.html',
  manifest: 'migration-manifest.json',
};

/**
 * Where the documents of one migration stand in the report container, by its id: below the hub's own prefix, where it has one
 * (`HubBlobs`). `report` takes what `earlierRun` gives in
 * place of an id, too.
 */
export const blobPaths = {
  startTurn: () => 'starting.lock',
  wordTurn: () => 'word.lock',
  // No migration has such an id, as names hold no dot.
  starts: () => 'starts.index/',
  startsComplete: () => 'starts.index/complete',
  begun: (id: string) => `begun.index/${id}`,
  all: (id: string) => `${id}/`,
  plan: (id: string) => `${id}/state/plan.json`,
  draft: (id: string) => `${id}/state/draft.json`,
  planned: (id: string) => `${id}/state/planned.json`,
  summary: (id: string) => `${id}/state/summary.json`,
  artifacts: (id: string) => `${id}/state/artifacts.json`,
  claim: (id: string) => `${id}/state/claim.json`,
  vanished: (id: string, look: string) => `${id}/state/vanished/${look}.json`,
  vanishedSearch: (id: string, collection: number) => `${id}/state/vanished-search/${collection}.json`,
  extras: (id: string, collection: number) => `${id}/state/extras/${collection}.json`,
  deleted: (id: string) => `${id}/state/deleted/`,
  deletedBy: (id: string, step: string) => `${id}/state/deleted/${step}.json`,
  allDifferences: (id: string) => `${id}/differences/`,
  differences: (id: string, step: string) => `${id}/differences/${step}.ndjson`,
  found: (id: string) => `${id}/state/differences/`,
  foundBy: (id: string, step: string) => `${id}/state/differences/${step}.json`,
  foundParts: (id: string, step: string) => `${id}/state/differences/${step}/`,
  allRepairs: (id: string) => `${id}/state/repairs/`,
  repairs: (id: string, step: string) => `${id}/state/repairs/${step}.json`,
  allChecksums: (id: string) => `${id}/state/checksums/`,
  checksums: (id: string, unit: number) => `${id}/state/checksums/${unit}.json`,
  deletedDigests: (id: string, step: string) => `${id}/state/deleted-digests/${step}.json`,
  back: (id: string) => `${id}/state/back.json`,
  earlierSeries: (id: string) => `${id}/state/series.json`,
  control: (id: string) => `${id}/state/control.json`,
  heard: (id: string) => `${id}/state/heard.json`,
  progress: (id: string) => `${id}/state/progress/`,
  processProgress: (id: string, process: string) => `${id}/state/progress/${process}.json`,
  findings: (id: string) => `${id}/state/findings/`,
  finding: (id: string, step: string) => `${id}/state/findings/${step}.json`,
  earlier: (id: string) => `${id}/earlier/`,
  earlierRun: (id: string, finishedAt: string) => `${id}/earlier/${finishedAt}`,
  log: (id: string) => `${id}/migration.log`,
  report: (id: string, document: ReportFormat | 'manifest') => `${id}/${REPORT_NAMES[document]}`,
} as const;
