import type { BenchResult } from '../../../bench/benchResult.ts';

const QUIET = { mongod: 0.5, postgres: 0, host: 0.25, storage: 0.25, command: 0 };
const BUSY = { mongod: 10, postgres: 2, host: 4, storage: 0.5, command: 0.5 };

/** A result with round figures. */
export const RESULT: BenchResult = {
  scale: 10,
  layout: 'tables',
  runs: 3,
  records: 1_708_170,
  rows: 1_897_382,
  seconds: {
    total: 23,
    command: 25,
    beforeCopy: 1,
    copy: 10,
    indexes: 5,
    validate: 6,
    firstRow: 1.5,
    appStart: 0.4,
  },
  rerunSeconds: { total: 8, command: 10 },
  catchUpSeconds: { total: 1, command: 2.5 },
  plainLoop: { seconds: 75 },
  cpuSeconds: { before: QUIET, copy: BUSY, indexes: QUIET, validate: BUSY, after: QUIET },
  foreignCpuSeconds: 0.2,
  overheadShare: 0.06,
  activitySeconds: { copyUnit: 20 },
  recordsPerSecond: { copy: 170_817, copyAndValidate: 106_761 },
  rowsPerSecond: { copy: 189_738, copyAndValidate: 118_586, whole: 80_000 },
  peakMemoryMb: { host: 300, storage: 100, command: 140, mongod: 900, postgres: 200 },
  limits: {
    copyToNowhere: { seconds: 1, rowsPerSecond: 1_897_382 },
    insertFromMemory: { seconds: 7.5, documents: 1_897_381, documentsPerSecond: 252_984 },
  },
  ratio: 0.75,
  machine: { cores: 2, cpu: 'AMD EPYC', memoryGb: 24, node: '24.21.0', postgres: '18.4', mongodb: '6.0.5' },
  load: [0.5, 2],
  note: null,
  date: '2026-11-28T03:50:00.000Z',
};
