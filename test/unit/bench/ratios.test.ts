import { expect, test } from 'vitest';
import type { BenchResult } from '../../../bench/benchResult.ts';
import { describe } from '../../../bench/describe.ts';
import { isMet, ratiosOf } from '../../../bench/ratios.ts';
import { RESULT } from './sampleResult.ts';

const figures = (result: BenchResult, reference: BenchResult | null = null) =>
  Object.fromEntries(ratiosOf(result, reference).map((ratio) => [ratio.key, [ratio.value, isMet(ratio)]]));

test('every ratio follows from the figures that are kept, and so does whether it reaches its target', () => {
  expect(figures(RESULT)).toEqual({
    copyAgainstLoop: [5, true],
    wholeAgainstLoop: [3, true],
    copyAgainstLimit: [0.75, true],
    proofAgainstCopy: [0.6, true],
    rerunAgainstFirst: [0.4, true],
    catchUp: [2.5, false],
    overhead: [6, false],
    rateByScale: [null, null],
    memory: [300, true],
    firstRow: [1.5, true],
    appStart: [0.4, true],
  });
});

test('a target is missed by the figure alone', () => {
  const slower: BenchResult = { ...RESULT, seconds: { ...RESULT.seconds, validate: 6.25 } };
  expect(figures(slower)['proofAgainstCopy']).toEqual([0.625, false]);
});

test('the layout mlflow has targets of its own', () => {
  const mlflow: BenchResult = { ...RESULT, layout: 'mlflow' };
  expect(figures(mlflow)['wholeAgainstLoop']).toEqual([3, false]);
  const quick: BenchResult = {
    ...mlflow,
    limits: { ...mlflow.limits, insertFromMemory: { ...mlflow.limits.insertFromMemory, seconds: 6 } },
  };
  expect(figures(quick)['copyAgainstLimit']).toEqual([0.6, true]);
});

test('a larger scale is compared with scale 10', () => {
  const large: BenchResult = { ...RESULT, scale: 60, rowsPerSecond: { ...RESULT.rowsPerSecond, whole: 76_000 } };
  expect(figures(large, RESULT)['rateByScale']).toEqual([0.95, true]);
});

test('what was not measured is said, and is neither met nor missed', () => {
  const bare: BenchResult = { ...RESULT, plainLoop: null, cpuSeconds: null, overheadShare: null };
  expect(figures(bare)['wholeAgainstLoop']).toEqual([null, null]);
  const text = describe(bare, ratiosOf(bare, null));
  expect(text).toContain('not measured: the plain loop did not run');
  expect(text).toContain('not measured, as this system has no /proc');
});

test('the ratios stand first, each beside its target', () => {
  const lines = describe(RESULT, ratiosOf(RESULT, null)).split('\n');
  expect(lines[2]).toMatch(/^Ratio +Figure +Target$/);
  expect(lines[3]).toMatch(/^copy \+ indexes against the plain loop +5\.00 × +≥ 4 × {2}met$/);
  expect(lines.indexOf('Seconds                   ')).toBeGreaterThan(3);
  expect(lines.find((line) => line.startsWith('whole '))).toMatch(/^whole +21\.5 +4\.0 +8\.8 +1\.8 +1\.0 +37\.0$/);
});

test('a machine that was shared is told', () => {
  const trusted = 'are not to be trusted';
  expect(describe(RESULT, [])).not.toContain(trusted);
  expect(describe({ ...RESULT, foreignCpuSeconds: 9 }, [])).toContain(
    `used 9.0 CPU seconds meanwhile: ratios of seconds ${trusted}`,
  );
});
