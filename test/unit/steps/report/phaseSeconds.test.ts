import { expect, test } from 'vitest';
import type { MigrateState } from '../../../../src/contract/migrateState.ts';
import { phaseSeconds } from '../../../../src/steps/report/phaseSeconds.ts';

const at = (second: number) => new Date(second * 1_000).toISOString();
const STATE: Pick<MigrateState, 'startedAt' | 'seconds' | 'stretches'> = {
  startedAt: at(0),
  seconds: { copy: 100, indexes: 50, validate: 150 },
  stretches: [
    ['copy', at(10), at(110)],
    ['indexes', at(110), at(160)],
    ['beside', at(120), at(160)],
    ['validate', at(160), at(260)],
    ['validate', at(300), at(350)],
  ],
};
const rests = (...spans: readonly (readonly [number, number])[]) =>
  spans.map(([from, to]): readonly [number, number] => [from * 1_000, to * 1_000]);

test('what nobody worked of a phase is no time of it, and the whole is by the clock', () => {
  expect(phaseSeconds(STATE, at(360), rests([20, 80], [130, 140], [200, 310]))).toEqual({
    total: 360,
    copy: 40,
    indexes: 40,
    beside: 30,
    validate: 80,
    rest: 180,
  });
});

test('a run that nobody interrupted has no rest', () => {
  const { stretches: _known, ...earlier } = STATE;
  expect(phaseSeconds(STATE, at(360), [])).toEqual({ total: 360, copy: 100, indexes: 50, beside: 40, validate: 150 });
  // Nor can one of an earlier release say in which phase it rested.
  expect(phaseSeconds(earlier, at(360), rests([20, 80]))).toEqual({
    total: 360,
    copy: 100,
    indexes: 50,
    validate: 150,
    rest: 60,
  });
});
