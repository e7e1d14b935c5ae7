import { expect, test } from 'vitest';
import type { MigrateState } from '../../src/contract/migrateState.ts';
import type { ConcludeInput } from '../../src/contract/migration.ts';
import { conclude } from '../../src/orchestrators/conclude.ts';
import { type Answerer, drive, show } from './fakeOrchestration.ts';
import { REQUEST } from './request.ts';

const PROBLEM = {
  kind: 'internal',
  message: 'Durable Functions ended the migration as failed',
  hint: 'again',
} as const;
const INPUT: ConcludeInput = {
  id: 'lab',
  request: REQUEST,
  state: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T01:00:00.000Z',
  endedIn: 'copy',
  problem: PROBLEM,
  isCancelled: false,
};
const PLAN = {
  stamp: 's',
  units: 2,
  collections: 1,
  totalRows: 9,
  flavour: 'mongodb',
  unreadable: [],
};
const ok = (value: unknown) => ({ ok: true, value });

interface Concluded {
  readonly shown: readonly string[];
  readonly state: MigrateState;
  readonly output: unknown;
}

function concluded(change: Partial<ConcludeInput> = {}, answers: Readonly<Record<string, unknown>> = {}): Concluded {
  let state: MigrateState | null = null;
  const answer: Answerer = (name, input) => {
    if (name === 'writeReport') ({ state } = input as { state: MigrateState });
    const usual = name === 'recallRun' ? ok({ plan: PLAN, writer: 'token' }) : ok({ status: 'failed' });
    return answers[name] ?? usual;
  };
  const { actions, output } = drive(conclude, { ...INPUT, ...change }, answer);
  return { shown: show(actions), state: state as unknown as MigrateState, output };
}

test('a migration that Durable ended is brought to the end that its own would have been', () => {
  const { shown, state, output } = concluded();
  // Its writers are counted only once they know that they may not write any more.
  expect(shown).toEqual(['recallRun', 'restoreThroughput', 'releaseTarget', 'wait 6000', 'writeReport', 'purgeLanes']);
  expect(state).toMatchObject({
    plan: PLAN,
    writer: 'token',
    endedIn: 'copy',
    problems: [PROBLEM],
    mayHaveClaimed: true,
  });
  expect(output).toEqual({ status: 'failed' });
});

test('how long its phases took is told by what it had noted, up to its end', () => {
  const phase = (name: 'plan' | 'copy', minute: number) =>
    ({ at: `2026-01-01T00:${minute}:00.000Z`, what: 'phase', phase: name }) as const;
  const events = [phase('plan', 10), phase('copy', 20)];
  const { state } = concluded({ events });
  expect(state.seconds).toEqual({ copy: 40 * 60, indexes: 0, validate: 0 });
  // A later generation has booked what was before it.
  const later = { phase: 'copy', phaseStartedAt: '2026-01-01T00:20:00.000Z', events } as const;
  expect(concluded({ state: later, events }).state.seconds.copy).toBe(40 * 60);
});

test('what cannot be done is told in the report, which is written all the same', () => {
  const gone = { kind: 'target-unreachable', message: 'gone', hint: 'wait' };
  const { shown, state } = concluded({}, { restoreThroughput: { ok: false, problem: gone, isTransient: false } });
  expect(shown).toContain('writeReport');
  expect(state.problems).toEqual([PROBLEM, gone]);
});

test.each([{ endedIn: 'preflight' }, { request: { ...REQUEST, dryRun: true } }] as const)(
  'one that wrote nothing has nothing to give back: %j',
  (change) => {
    const recallRun = ok({ plan: null, writer: null });
    expect(concluded(change, { recallRun }).shown).toEqual(['recallRun', 'writeReport']);
  },
);

test.each([
  ['storage knows its claim', { recallRun: ok({ plan: null, writer: 'token' }) }],
  ['storage does not answer', { recallRun: { ok: false, problem: PROBLEM, isTransient: false } }],
])(
  'one that a deployment had begun again gives back what it had claimed before, though it stands in preflight: %s',
  (_what, answers) => {
    const { shown, state } = concluded({ endedIn: 'preflight' }, answers);
    expect(shown).toContain('releaseTarget');
    expect(state.mayHaveClaimed).toBe(true);
  },
);
