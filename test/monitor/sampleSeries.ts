import type { MigrationSeries } from '../../src/contract/migrationSeries.ts';

const START = Date.parse('2026-11-24T00:23:03.000Z') / 1000;
const at = Array.from({ length: 60 }, (_, second) => START + second * 4);
const wave = (least: number, most: number): number[] =>
  at.map((_time, index) => Math.round(least + (most - least) * Math.abs(Math.sin(index / 9))));
const iso = (second: number): string => new Date((START + second) * 1000).toISOString();

/** Four minutes of a copy into a target with request units, which refused some, changed where a test needs it. */
export function sampleSeries(changes: Partial<MigrationSeries> = {}): MigrationSeries {
  return {
    id: 'migration-nightly',
    stepSeconds: 4,
    at,
    rowsPerSecond: wave(2_000, 41_234),
    bytesPerSecond: wave(1_000_000, 7_400_000),
    requestUnitsPerSecond: wave(100, 990),
    refused: at.map((_time, index) => (index > 20 && index < 30 ? index : 0)),
    lagSeconds: at.map(() => null),
    requestUnitsLimit: 1_000,
    versions: { program: '0.1.0', postgres: '18.4', target: 'Azure Cosmos DB for MongoDB (request units) 7.0.0' },
    events: [
      { at: iso(0), what: 'phase', phase: 'preflight' },
      { at: iso(2), what: 'phase', phase: 'plan' },
      { at: iso(5), what: 'phase', phase: 'copy' },
      { at: iso(84), what: 'refused', until: iso(120), count: 225 },
      { at: iso(130), what: 'word', word: 'suspend', by: null },
      { at: iso(150), what: 'word', word: 'run', by: 'ada@example.com' },
    ],
    ...changes,
  };
}
