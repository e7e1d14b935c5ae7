import { expect, test } from 'vitest';
import type { MigrateInput } from '../../src/contract/migration.ts';
import { migrateBack } from '../../src/orchestrators/migrateBack.ts';
import { type Answerer, drive, show } from './fakeOrchestration.ts';
import { REQUEST } from './request.ts';

const INPUT: MigrateInput = { id: 'lab-back', request: { ...REQUEST, direction: 'back' }, state: null };
const DONE = {
  ok: true,
  value: { status: 'completed', from: 'mongo', to: 'postgres', problems: [], finishedAt: '2026-01-01T01:00:00.000Z' },
};
const failing = (kind: string, isTransient: boolean) => ({
  ok: false,
  isTransient,
  problem: { kind, message: 'm', hint: 'h' },
});

function run(...answers: readonly unknown[]) {
  const left = [...answers];
  const answer: Answerer = () => left.shift();
  const { actions, output } = drive(migrateBack, INPUT, answer);
  return { shown: show(actions), output };
}

test('the way back is one step', () => {
  const { shown, output } = run(DONE);
  expect(shown).toEqual(['bringBack']);
  expect(output).toMatchObject({ status: 'completed', source: 'postgres', target: 'mongo', problems: [] });
});

test('a step that was cut off is delivered again: what it had kept is found equal', () => {
  const { shown, output } = run(failing('source-unreachable', true), DONE);
  expect(shown.filter((step) => step === 'bringBack')).toHaveLength(2);
  expect(output).toMatchObject({ status: 'completed' });
});

test('a cancelled one ends as that, a failed one with its reason', () => {
  expect(run(failing('interrupted', false)).output).toMatchObject({ status: 'cancelled', problems: [] });
  expect(run(failing('config', false)).output).toMatchObject({ status: 'failed', problems: [{ kind: 'config' }] });
});
