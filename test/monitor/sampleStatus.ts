import { type MigrationStatus, PHASES } from '../../src/contract/migrationStatus.ts';

/** Status of a migration half-way through copying, changed where a test needs it. */
export function sampleStatus(changes: Partial<MigrationStatus> = {}): MigrationStatus {
  const id = changes.id ?? 'migration-nightly';
  return {
    id,
    name: id.replace('migration-', ''),
    status: 'running',
    kind: 'migration',
    phase: 'copy',
    phases: PHASES,
    endedIn: null,
    dryRun: false,
    source: 'pg.internal:5432/mlflow',
    target: 'mongo.internal:27017/mlflow_migrated',
    layout: 'tables',
    experiments: null,
    tables: {
      runs: { total: 6013, copied: 6013, validated: 0, errors: 0 },
      metrics: { total: 57350, copied: 20000, validated: 0, errors: 0 },
      spans: { total: 0, copied: 0, validated: 0, errors: 0 },
    },
    totals: { total: 63363, copied: 26013, validated: 0, errors: 0 },
    rowsPerSecond: 41234,
    bytesPerSecond: 7_400_000,
    throttled: 12,
    requestUnits: null,
    percent: 20.5,
    secondsLeft: 65,
    startedAt: '2026-11-24T00:23:03.120Z',
    finishedAt: null,
    lastSignAt: '2026-11-24T00:24:03.000Z',
    failures: [],
    links: {
      self: `/api/migrations/${id}`,
      report: `/api/migrations/${id}/report`,
      cancel: `/api/migrations/${id}/cancel`,
      suspend: `/api/migrations/${id}/suspend`,
      resume: `/api/migrations/${id}/resume`,
      cutover: `/api/migrations/${id}/cutover`,
    },
    ...changes,
  };
}
