import { expect, test } from 'vitest';
import { cpuByPhase, overheadShare, wholeCpu } from '../../../bench/cpuByPhase.ts';
import type { CpuSample } from '../../../bench/processSampler.ts';

const START = Date.parse('2026-11-28T00:00:00.000Z');

/** A second each: every process a rate of its own, the host twice as busy in the copy. */
const samples: CpuSample[] = Array.from({ length: 12 }, (_unused, second) => ({
  at: START - 1_000 + second * 1_000,
  seconds: {
    mongod: second,
    postgres: second / 2,
    host: second + Math.min(Math.max(second - 3, 0), 4),
    storage: second / 10,
    command: second / 10,
  },
}));

/** Two seconds until the copy, which takes four; then one, two, and a second until the end of the command. */
const report = {
  startedAt: '2026-11-28T00:00:00.000Z',
  seconds: { total: 9, copy: 4, indexes: 1, validate: 2 },
};

test('CPU is cut where the phases of the report end', () => {
  const phases = cpuByPhase(samples, report);
  expect(phases.before.mongod).toBeCloseTo(3);
  expect(phases.copy.mongod).toBeCloseTo(4);
  expect(phases.copy.host).toBeCloseTo(8);
  expect(phases.indexes.postgres).toBeCloseTo(0.5);
  expect(phases.validate.host).toBeCloseTo(2);
  expect(phases.after.mongod).toBeCloseTo(1);
  expect(wholeCpu(phases)).toBeCloseTo(11 + 5.5 + 15 + 1.1 + 1.1);
});

test('a phase that ends between two samples gets its share of what was used between them', () => {
  const phases = cpuByPhase(samples, { ...report, seconds: { ...report.seconds, copy: 3.75, total: 8.75 } });
  expect(phases.copy.mongod).toBeCloseTo(3.75);
  expect(phases.indexes.mongod).toBeCloseTo(1);
});

test('overhead is storage, command, and the host before and after the phases', () => {
  const phases = cpuByPhase(samples, report);
  expect(overheadShare(phases)).toBeCloseTo((1.1 + 1.1 + 3 + 1) / wholeCpu(phases));
});
