import type { OrchestrationHandler } from 'durable-functions';
import { describe, expect, test } from 'vitest';
import type { LaneInput, LaneResult } from '../../src/contract/lane.ts';
import { MESSAGE_VERSION } from '../../src/contract/messageVersion.ts';
import type { MigrateState } from '../../src/contract/migrateState.ts';
import type { MigrateInput, MigrateOutput, MigrateStatus } from '../../src/contract/migration.ts';
import type { CheckMessage } from '../../src/contract/steps/checkCollections.ts';
import type { FindVanishedInput } from '../../src/contract/steps/findVanished.ts';
import type { ReleaseInput } from '../../src/contract/steps/releaseTarget.ts';
import { NO_SUMS } from '../../src/contract/workSums.ts';
import type { Problem } from '../../src/errors.ts';
import { rememberHistory } from '../../src/orchestrators/begunSteps.ts';
import { migrate } from '../../src/orchestrators/migrate.ts';
import { MIGRATION_OF_OTHERS } from '../../src/orchestrators/otherReleases.ts';
import { survivingDeployments } from '../../src/orchestrators/survivingDeployments.ts';
import { type Action, type Answerer, drive, leavesOf, type Run, show } from './fakeOrchestration.ts';
import { REQUEST } from './request.ts';

type Overrides = Readonly<Record<string, Answerer>>;

const LANE_DONE: LaneResult = { ...NO_SUMS, requests: 10, remaining: [], stop: null, problem: null };
const PROBLEM = { kind: 'target-unreachable', message: 'gone', hint: 'wait' } as const;
const ok = (value: unknown) => ({ ok: true, value });

/** The source at a transaction; its tables are what was planned for unless some are named. */
const moment = (transaction: string, changedTables: readonly string[] = []) => ({
  clock: {
    transaction,
    next: String(Number(transaction) + 1),
    at: '2026-01-01T00:00:00.000Z',
    position: null,
    isStandby: false,
    open: [],
    prepared: [],
  },
  changedTables,
});
const CHECKED = {
  counts: false,
  indexes: false,
  references: false,
  findingCount: 0,
  rows: { runs: 9 },
  documents: { runs: 9 },
  orphansAsInSource: 0,
  unchecked: [],
};
const LOOKED = { problems: [], isThroughputRaised: false, isOurs: false, isTakingOver: false };
/** Documents without a row, which a pass would delete. */
const vanished = (count: number) => () => ok({ found: { runs: { documents: 9, vanished: count } }, failures: [] });

const PLAN = {
  stamp: 's',
  units: 2,
  collections: 5,
  totalRows: 9,
  flavour: 'mongodb',
  hasRequest: true,
  unreadable: [],
};

/** An app in which everything goes well, but for what is overridden. */
function app(overrides: Overrides = {}, units = 2, collections = 5): Answerer {
  const plan = { ...PLAN, units, collections };
  const usual: Overrides = {
    preflight: () => ok(LOOKED),
    makePlan: () => ok(plan),
    prepareTarget: () => ok({ wasMarked: false, writer: 'token' }),
    runLane: () => LANE_DONE,
    awaitWord: () => 'run',
    buildIndexes: () => ok({ isLeft: false }),
    readSourceClock: () => ok(moment('7')),
    findVanished: () => ok({ found: {}, failures: [] }),
    removeVanished: () => ok({ removed: {}, failures: [] }),
    checkCollections: () => ok(CHECKED),
    raiseThroughput: () => ok(null),
    restoreThroughput: () => ok(null),
    releaseTarget: () => ok(null),
    purgeLanes: () => null,
    writeReport: (_name, input) => ok({ status: statusOf((input as { state: MigrateState }).state), problems: [] }),
  };
  return (name, input, clock) => {
    const answer = overrides[name] ?? usual[name];
    if (answer === undefined) throw new Error(`Nobody expected ${name}`);
    return answer(name, input, clock);
  };
}

const statusOf = ({ isCancelled, problems }: MigrateState): string =>
  isCancelled ? 'cancelled' : problems.length > 0 ? 'failed' : 'completed';

interface Whole extends Omit<Run, 'output'> {
  readonly output: MigrateOutput;
  readonly generations: readonly Run[];
  readonly shown: readonly string[];
  /** State that the report was made of. */
  readonly state: MigrateState;
}

/** Runs all generations of a migration. */
function run(answer: Answerer, request: Partial<typeof REQUEST> = {}): Whole {
  return runFrom({ id: 'm', request: { ...REQUEST, ...request }, state: null } satisfies MigrateInput, answer);
}

/** Runs the generations of a migration that are left. */
function runFrom(first: unknown, answer: Answerer): Whole {
  const generations: Run[] = [];
  let input = first;
  let clock = Date.UTC(2026, 0, 1);
  for (;;) {
    const generation = drive(migrate, input, answer, clock);
    generations.push(generation);
    if (generations.length > 200) throw new Error('The migration does not end');
    clock = generation.clockMs;
    if (generation.continuedAsNew === undefined) break;
    input = generation.continuedAsNew;
  }
  const last = generations.at(-1) as Run;
  const report = last.actions.findLast((action) => action.kind === 'activity' && action.name === 'writeReport');
  const state = (report as { input: { state: MigrateState } } | undefined)?.input.state as MigrateState;
  // That lanes are purged is for test/orchestration/purgeLanes.test.ts.
  const shown = generations.flatMap(({ actions }) => show(actions)).filter((name) => name !== 'purgeLanes');
  return { ...last, output: last.output as MigrateOutput, generations, shown, state };
}

test('documents without a row are named once no other pass will delete them, in as many steps as it takes', () => {
  const searches: string[] = [];
  let left = 2;
  const { shown, output, state } = run(
    app({
      checkCollections: () => ok({ ...CHECKED, surplus: [[3, 9_000]] }),
      nameExtras: (_name, input) => {
        searches.push((input as { search: string }).search);
        return left-- > 0
          ? ok({ isLeft: true, found: 0, unlisted: 0 })
          : ok({ isLeft: false, found: 30, unlisted: 10 });
      },
    }),
  );
  expect(shown.filter((name) => name === 'checkCollections')).toHaveLength(4);
  const from = shown.lastIndexOf('checkCollections');
  expect(shown.slice(from, from + 4)).toEqual(['checkCollections', 'nameExtras', 'nameExtras', 'nameExtras']);
  expect(searches).toEqual([searches[0], searches[0], searches[0]]);
  expect(state.checks).toMatchObject({ counts: true, unlisted: 10 });
  expect(output.status).toBe('completed');
});

test('a plan is made in as many steps as it takes, all of which know that it is the same', () => {
  const stamps: string[] = [];
  const makePlan: Answerer = (name, input, clock) => {
    stamps.push((input as { now: string }).now);
    clock.ms += 60_000;
    return stamps.length < 70 ? ok({ isLeft: true }) : app()(name, input, clock);
  };
  const { shown, output, generations } = run(app({ makePlan }));
  expect(output.status).toBe('completed');
  expect(shown.filter((name) => name === 'makePlan')).toHaveLength(70);
  expect(new Set(stamps).size).toBe(1);
  expect(generations.length).toBeGreaterThan(2);
});

test('a migration goes from preflight to report, and its status names the phase', () => {
  const { shown, output, generations } = run(app());
  expect(shown).toEqual([
    'preflight',
    'makePlan',
    'prepareTarget',
    '[runLane runLane]',
    'buildIndexes',
    'readSourceClock',
    '[runLane runLane]',
    'readSourceClock',
    '[runLane runLane]',
    'findVanished',
    'checkCollections',
    'releaseTarget',
    'writeReport',
  ]);
  expect(output.status).toBe('completed');
  expect(generations).toHaveLength(1);
  const phases = generations[0]?.statuses.map((status) => (status as { phase: string }).phase);
  expect([...new Set(phases)]).toEqual(['preflight', 'plan', 'copy', 'indexes', 'validate', 'catch-up', 'report']);
});

test('indexes are made beside the comparison where builds do not wait for readers, and before it elsewhere', () => {
  const lanes: LaneInput[] = [];
  const builtAt = '2026-01-01T00:10:00.000Z';
  const runLane: Answerer = (_name, input, clock) => {
    const lane = input as LaneInput;
    lanes.push(lane);
    if (lane.kind !== 'indexes') return LANE_DONE;
    clock.ms = Date.parse(builtAt) + 60_000;
    return { ...LANE_DONE, builtAt };
  };
  const many = { ...PLAN, totalRows: 500_000 };
  const { state } = run(app({ runLane, makePlan: () => ok({ ...many, collections: 250 }) }));
  const building = lanes.filter(({ kind }) => kind === 'indexes');
  expect(building.map(({ items, writer }) => ({ units: items.map(({ unit }) => unit), writer }))).toEqual([
    { units: [0, 1, 2], writer: 'token' },
  ]);
  expect(state.seconds).toMatchObject({ indexes: 600, validate: 60 });
  expect(state.stretches?.map(([phase, from, to]) => [phase, from.slice(14, 19), to.slice(14, 19)])).toEqual([
    ['indexes', '00:00', '10:00'],
    ['beside', '00:00', '10:00'],
    ['validate', '10:00', '11:00'],
  ]);
  for (const other of [{ flavour: 'documentdb' }, { flavour: 'cosmos-ru' }, { totalRows: 499_999 }]) {
    const { shown } = run(app({ makePlan: () => ok({ ...many, ...other }) }));
    expect(shown.slice(3, 7)).toEqual(['[runLane runLane]', 'buildIndexes', 'readSourceClock', '[runLane runLane]']);
  }
});

test.each([
  ['before the last index', {}, { indexes: 90, validate: 0 }, 90],
  ['after it', { builtAt: '2026-01-01T00:01:00.000Z' }, { indexes: 60, validate: 30 }, 60],
  ['long after the last row', { endedAt: '2026-01-01T00:00:40.000Z' }, { indexes: 90, validate: 0 }, 40],
])('cancelled beside the indexes, %s, a run knows how long it compared', (_name, told, seconds, besideSeconds) => {
  const runLane: Answerer = (_of, input, clock) => {
    const { kind } = input as LaneInput;
    if (kind === 'copy') return LANE_DONE;
    clock.ms = Date.parse('2026-01-01T00:01:30.000Z');
    return kind === 'indexes'
      ? { ...LANE_DONE, stop: 'cancel', ...('builtAt' in told ? told : {}) }
      : { ...LANE_DONE, ...('endedAt' in told ? told : {}) };
  };
  const { state } = run(app({ runLane, makePlan: () => ok({ ...PLAN, totalRows: 500_000 }) }));
  expect(state).toMatchObject({ isCancelled: true, endedIn: 'indexes', seconds: { copy: 0, ...seconds } });
  const beside = (state.stretches ?? []).filter(([phase]) => phase === 'beside');
  expect(beside.map(([, from, to]) => (Date.parse(to) - Date.parse(from)) / 1_000)).toEqual([besideSeconds]);
});

test('a lane that makes indexes and dies begins again with the next window, and no unit is compared twice', () => {
  const makePlan = () => ok({ ...PLAN, units: 5, totalRows: 500_000 });
  const compared: number[] = [];
  let built = 0;
  const runLane: Answerer = (_name, input) => {
    const { kind, items, since } = input as LaneInput;
    if (kind === 'indexes' && ++built === 1) throw new Error('gone');
    if (kind === 'validate' && since === null) compared.push(...items.map(({ unit }) => unit));
    return LANE_DONE;
  };
  const { output } = run(app({ runLane, makePlan }));
  expect(output.status).toBe('completed');
  expect(built).toBe(2);
  expect(compared.toSorted()).toEqual([0, 1, 2, 3, 4]);
  const dying = run(
    app({
      makePlan,
      runLane: (_name, input) => {
        if ((input as LaneInput).kind === 'indexes') throw new Error('gone');
        return LANE_DONE;
      },
    }),
  );
  expect(dying.state.problems).toEqual([
    expect.objectContaining({ message: expect.stringContaining('without an answer') }),
  ]);
});

test.each([
  ['a migration', {}],
  ['a comparison', { validateOnly: true }],
])('%s knows a span that holds all its comparisons, over as many generations as it takes', (_name, request) => {
  const compared: number[] = [];
  const minutes = (name: string): Answerer => {
    return (_name, input, clock) => {
      if ((input as { kind?: string }).kind === 'validate') compared.push(clock.ms, clock.ms + 60_000);
      clock.ms += 60_000;
      return name === 'runLane' ? LANE_DONE : ok(CHECKED);
    };
  };
  const overrides = { runLane: minutes('runLane'), checkCollections: minutes('checkCollections') };
  const { state, generations, clockMs } = run(app(overrides, 2_000), request);
  expect(generations.length).toBeGreaterThan(1);
  const { comparedFrom, comparedTo } = state;
  expect([comparedFrom, comparedTo].map((at) => Date.parse(at ?? ''))).toEqual([
    Math.min(...compared),
    Math.max(...compared),
  ]);
  expect(clockMs).toBeGreaterThan(Math.max(...compared));
  expect(run(app(), { validate: 'counts' }).state).not.toHaveProperty('comparedFrom');
});

test('a dry run ends after the plan', () => {
  expect(run(app(), { dryRun: true }).shown).toEqual(['preflight', 'makePlan', 'writeReport']);
});

test('validation none compares nothing, counts only counts, comparing alone writes nothing', () => {
  expect(run(app(), { validate: 'none' }).shown.slice(-3)).toEqual(['buildIndexes', 'releaseTarget', 'writeReport']);
  expect(run(app(), { validate: 'counts' }).shown.slice(-4)).toEqual([
    'buildIndexes',
    'checkCollections',
    'releaseTarget',
    'writeReport',
  ]);
  const { shown } = run(app(), { validateOnly: true });
  expect(shown).toEqual([
    'preflight',
    'makePlan',
    'readSourceClock',
    '[runLane runLane]',
    'checkCollections',
    'writeReport',
  ]);
});

test('problems that preflight finds end it with a report of all of them', () => {
  const problems = [PROBLEM, { ...PROBLEM, kind: 'source-refused' }];
  const { shown, state, output } = run(app({ preflight: () => ok({ ...LOOKED, problems }) }));
  expect(shown).toEqual(['preflight', 'writeReport']);
  expect(state.problems).toEqual(problems);
  expect(output.status).toBe('failed');
});

test.each([
  'makePlan',
  'prepareTarget',
  'buildIndexes',
  'readSourceClock',
  'checkCollections',
  'findVanished',
  'removeVanished',
])('%s that fails for good ends it with its problem in the report, and is not tried again', (name) => {
  let calls = 0;
  const answer = () => {
    calls++;
    return { ok: false, problem: { ...PROBLEM, kind: 'target-refused' }, isTransient: false };
  };
  const { state, output } = run(app({ findVanished: vanished(1), [name]: answer }));
  expect(calls).toBe(1);
  expect(state.problems).toEqual([{ ...PROBLEM, kind: 'target-refused' }]);
  expect(output.status).toBe('failed');
});

test('a step that fails for a passing reason is tried again with growing waits', () => {
  let left = 4;
  const answer = () => (left-- > 0 ? { ok: false, problem: PROBLEM, isTransient: true } : ok({ isLeft: false }));
  const { shown, output } = run(app({ buildIndexes: answer }));
  expect(shown.filter((step) => /^wait|buildIndexes/.test(step))).toEqual([
    'buildIndexes',
    'wait 2000',
    'buildIndexes',
    'wait 4000',
    'buildIndexes',
    'wait 8000',
    'buildIndexes',
    'wait 16000',
    'buildIndexes',
  ]);
  expect(output.status).toBe('completed');
});

test('cancelling in the middle of the copy leads straight to the report', () => {
  const answer = () => ({ ...LANE_DONE, stop: 'cancel', remaining: [{ unit: 0, only: null }] });
  const { shown, state, output } = run(app({ runLane: answer }));
  expect(shown.slice(-3)).toEqual(['[runLane runLane]', 'releaseTarget', 'writeReport']);
  expect(state.isCancelled).toBe(true);
  expect(output.status).toBe('cancelled');
});

test('a run that ends in the middle of a phase tells how long that one took', () => {
  const answer: Answerer = (_name, _input, clock) => {
    clock.ms += 5_000;
    return { ...LANE_DONE, stop: 'cancel', remaining: [{ unit: 0, only: null }] };
  };
  expect(run(app({ runLane: answer })).state.seconds.copy).toBeGreaterThanOrEqual(5);
  const { state } = run(
    app({
      buildIndexes: (_name, _input, clock) => {
        clock.ms += 7_000;
        return { ok: false, problem: PROBLEM, isTransient: false };
      },
    }),
  );
  expect(state.seconds.indexes).toBeGreaterThanOrEqual(7);
});

test('a cancelled run asks a target that does not answer once, for a while, and tells it', () => {
  const limits: unknown[] = [];
  const releaseTarget: Answerer = (_name, input, clock) => {
    const { limitMs } = input as { limitMs?: number };
    limits.push(limitMs);
    clock.ms += limitMs ?? 130_000;
    return { ok: false, problem: PROBLEM, isTransient: true };
  };
  const cancelled = () => ({ ...LANE_DONE, stop: 'cancel', remaining: [{ unit: 0, only: null }] });
  const { state } = run(app({ runLane: cancelled, releaseTarget }));
  expect(limits).toEqual([5_000]);
  expect(state.problems).toEqual([PROBLEM]);
  // Any other end is as patient as the run was.
  const failing = () => ({ ...LANE_DONE, problem: PROBLEM });
  limits.length = 0;
  run(app({ runLane: failing, releaseTarget }));
  expect(limits.length).toBeGreaterThan(2);
  expect(new Set(limits)).toEqual(new Set([undefined]));
});

test('a step that finds the migration cancelled makes it cancelled, not failed', () => {
  const problem = { kind: 'interrupted', message: 'Work was asked to stop (cancel)', hint: '' };
  const { state } = run(app({ buildIndexes: () => ({ ok: false, problem, isTransient: false }) }));
  expect(state.isCancelled).toBe(true);
  // The report tells the word itself; that work heard it is no problem.
  expect(state.problems).toEqual([]);
});

test('what suspended lanes leave is done by the next window, and every unit is done once', () => {
  const done: string[] = [];
  let windows = 0;
  const answer: Answerer = (_name, input) => {
    const { items, kind, since } = input as LaneInput;
    if (kind !== 'copy') return LANE_DONE;
    expect(since).toBeNull();
    if (windows++ === 0) return { ...LANE_DONE, stop: 'suspend', remaining: items };
    done.push(...items.map(({ unit }) => String(unit)));
    return LANE_DONE;
  };
  const { output, shown } = run(app({ runLane: answer }, 45));
  expect(shown.slice(3, 6)).toEqual(['[runLane runLane runLane]', 'awaitWord', '[runLane runLane runLane]']);
  expect(output.status).toBe('completed');
  expect(done.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 45 }, (_, unit) => String(unit)));
});

test('a lane without progress for the stall time fails the migration with its reason', () => {
  const { state, output } = run(app({ runLane: () => ({ ...LANE_DONE, problem: PROBLEM }) }));
  expect(state.problems).toEqual([PROBLEM]);
  expect(output.status).toBe('failed');
});

test('a lane that dies fails the migration with a report, and its text is not repeated', () => {
  const answer = () => {
    throw new Error('password=hunter2');
  };
  const { state } = run(app({ runLane: answer }));
  expect(state.problems).toEqual([expect.objectContaining({ kind: 'internal' })]);
  expect(JSON.stringify(state)).not.toContain('hunter2');
});

test('a step that takes longer than its host lets it says which setting is too short', () => {
  const answer = () => {
    throw new Error('Timeout value of 00:00:05 was exceeded by function: Functions.preflight');
  };
  const { state } = run(app({ preflight: answer }));
  expect(state.problems).toEqual([
    expect.objectContaining({
      message: expect.stringContaining('preflight was ended by the host'),
      hint: expect.stringContaining('functionTimeout is too short'),
    }),
  ]);
});

test('without storage for the report the outcome is told all the same', () => {
  const problem = { kind: 'storage-unavailable', message: 'no storage', hint: 'h' };
  const { output } = run(app({ writeReport: () => ({ ok: false, problem, isTransient: false }) }));
  expect(output).toMatchObject({ status: 'failed', problems: [problem] });
});

test('thousands of units: each is done once a phase, in generations of bounded history and small states', () => {
  const done = new Map<string, number>();
  const answer: Answerer = (_name, input) => {
    const { items, kind, since } = input as LaneInput;
    for (const { unit } of items) {
      const key = `${kind}${since === null ? '' : ' again'} ${unit}`;
      done.set(key, (done.get(key) ?? 0) + 1);
    }
    return LANE_DONE;
  };
  const units = 5_000;
  const { generations, output } = run(app({ runLane: answer }, units), { parallel: 3 });
  expect(output.status).toBe('completed');
  for (const phase of ['copy', 'validate', 'validate again'])
    for (let unit = 0; unit < units; unit++) expect(done.get(`${phase} ${unit}`)).toBe(1);
  expect(done.size).toBe(3 * units);
  expect(generations.length).toBeGreaterThan(5);
  for (const { actions, continuedAsNew } of generations) {
    expect(leavesOf(actions).length).toBeLessThanOrEqual(200);
    if (continuedAsNew !== undefined) expect(JSON.stringify(continuedAsNew).length).toBeLessThan(4_000);
  }
});

/** Lanes of each window. */
const widthsOf = ({ generations }: Whole): number[] =>
  generations.flatMap(({ actions }) => actions.map((one) => lanesOf(one).length).filter((width) => width > 0));
const lanesOf = (action: Action) => leavesOf([action]).filter(({ kind }) => kind === 'orchestration');

test('a target that refuses much gets fewer lanes, and more again once it takes everything, up to what was asked', () => {
  let lanes = 0;
  const answer = () => ({ ...LANE_DONE, requests: 100, throttled: lanes++ < 15 ? 50 : 0 });
  const widths = widthsOf(run(app({ runLane: answer }, 1_400), { parallel: 4, validate: 'none' }));
  expect(widths.slice(0, 4)).toEqual([4, 2, 1, 1]);
  expect(Math.max(...widths)).toBe(4);
  expect(widths.slice(-4, -1)).toEqual([4, 4, 4]);
  expect(widths).toContain(3);
});

test('where no number of lanes was asked for they rise again to that which the run began with', () => {
  let lanes = 0;
  const answer = () => ({ ...LANE_DONE, requests: 100, throttled: lanes++ < 4 ? 50 : 0 });
  const widths = widthsOf(run(app({ runLane: answer }, 300), { parallel: null, validate: 'none' }));
  expect(widths.slice(0, 5)).toEqual([3, 1, 1, 2, 3]);
  expect(Math.max(...widths)).toBe(3);
});

test('throughput that was raised is restored whatever happens, and only then', () => {
  const throughput = { during: 4_000, after: null };
  const good = run(app(), { throughput });
  expect(good.shown.slice(2, 4)).toEqual(['prepareTarget', 'raiseThroughput']);
  const ending = ['restoreThroughput', 'releaseTarget', 'writeReport'];
  expect(good.shown.slice(-3)).toEqual(ending);
  const bad = run(app({ runLane: () => ({ ...LANE_DONE, problem: PROBLEM }) }), { throughput });
  expect(bad.shown.slice(-3)).toEqual(ending);
  const early = run(app({ preflight: () => ok({ ...LOOKED, problems: [PROBLEM] }) }), { throughput });
  expect(early.shown).not.toContain('restoreThroughput');
});

test('throughput that an earlier migration of the name left raised is restored, also where this one comes to nothing', () => {
  const preflight = (problems: readonly Problem[]) => () => ok({ ...LOOKED, problems, isThroughputRaised: true });
  expect(run(app({ preflight: preflight([]) })).shown.slice(-3)).toEqual([
    'restoreThroughput',
    'releaseTarget',
    'writeReport',
  ]);
  const refused = run(app({ preflight: preflight([PROBLEM]) }));
  expect(refused.shown).toEqual(['preflight', 'restoreThroughput', 'writeReport']);
});

test('a step that was asked to stop begins afresh when work goes on, however long that takes', () => {
  let calls = 0;
  const answer: Answerer = (_name, _input, clock) => {
    if (++calls > 5) return ok({ isLeft: false });
    clock.ms += 24 * 60 * 60_000;
    return { ok: false, problem: { ...PROBLEM, kind: 'interrupted' }, isTransient: true };
  };
  const { output, shown } = run(app({ buildIndexes: answer }));
  expect(output.status).toBe('completed');
  expect(shown.filter((name) => name === 'buildIndexes')).toHaveLength(6);
  // Each time it is asked whether work may go on: a suspension may last for weeks.
  expect(shown.filter((name) => name === 'awaitWord')).toHaveLength(5);
});

test('what vanished is looked for from the beginning of the pass, and thoroughly where the pass may be the last', () => {
  let clock = 0;
  const looks: FindVanishedInput[] = [];
  const answers: Overrides = {
    readSourceClock: () => ok(moment(String(++clock))),
    runLane: (_name, input) => ({
      ...LANE_DONE,
      tables: { runs: [9, 0, 1, (input as LaneInput).since === '1' ? 20_000 : 0, 0], tags: [9, 0, 0, 0, 0] },
    }),
    findVanished: (_name, input) => {
      looks.push(input as FindVanishedInput);
      return ok({ found: {}, failures: [] });
    },
  };
  run(app(answers, 1), { parallel: 1 });
  expect(looks.map(({ since, isLast, incomplete }) => ({ since, isLast, incomplete }))).toEqual([
    { since: '2', isLast: false, incomplete: ['runs'] },
    { since: '3', isLast: true, incomplete: ['runs'] },
  ]);
});

describe('what fills an empty target from a source that stands still', () => {
  /** Whether each look was left to the checks. */
  const looksOf = (overrides: Overrides = {}, request: Partial<typeof REQUEST> = {}) => {
    const left: boolean[] = [];
    const { state } = run(
      app({
        readSourceClock: () => ok(quiet),
        findVanished: (_name, input) => {
          left.push((input as FindVanishedInput).leavesToChecks === true);
          return ok({ found: {}, failures: [] });
        },
        ...overrides,
      }),
      request,
    );
    return { left, state };
  };

  test('leaves it to the checks, which count as well, to find documents without a row', () => {
    expect(looksOf().left).toEqual([true]);
    let checks = 0;
    const surplus = { checkCollections: () => ok({ ...CHECKED, counts: checks++ === 0 }) };
    expect(looksOf(surplus).left).toEqual([true, false]);
  });

  test('looks itself where a row has no document, or others may have left some', () => {
    expect(looksOf({ runLane: () => ({ ...LANE_DONE, tables: { runs: [8, 0, 1, 0, 0] } }) }).left[0]).toBe(false);
    expect(looksOf({ preflight: () => ok({ ...LOOKED, isOurs: true }) }).left).toEqual([false]);
    expect(looksOf({ readSourceClock: () => ok(moment('7')) }).left).toEqual([false]);
    expect(looksOf({}, { adoptTarget: true }).left).toEqual([false]);
  });

  test('keeps apart what deletions take from digests in the first pass that looks', () => {
    let checks = 0;
    const { state } = looksOf({
      checkCollections: () => ok({ ...CHECKED, counts: checks++ === 0 }),
      findVanished: (_name, input) =>
        (input as FindVanishedInput).leavesToChecks === true ? ok({ found: {}, failures: [] }) : vanished(2)(),
      removeVanished: () => ok({ removed: { runs: 2 }, failures: [], digestChanges: { runs: [-2, 'f'.repeat(32)] } }),
    });
    expect(state.goneAtFirst).toEqual({ runs: [-2, 'f'.repeat(32)] });
    expect(state.isUnsearched).toBe(false);
  });
});

test('indexes and checks that one step does not come to are for the next one', () => {
  let built = 0;
  const from: number[] = [];
  const answers: Overrides = {
    buildIndexes: () => ok({ isLeft: ++built < 3 }),
    checkCollections: (_name, input) => {
      from.push((input as { from: number }).from);
      return ok(from.length === 1 ? { ...CHECKED, counts: true, next: 2 } : CHECKED);
    },
  };
  const { shown, state } = run(app(answers), { validate: 'counts' });
  expect(shown.filter((step) => step === 'buildIndexes')).toHaveLength(3);
  expect(from).toEqual([0, 2]);
  expect(state.checks.counts).toBe(true);
});

/** An app whose target an earlier run has proven at the transaction 7. */
function appOverProof(overrides: Overrides = {}): Answerer {
  const { clock } = moment('7');
  const proven = { clock, tables: { runs: [9, 0, 0, 0, 0] }, comparedFrom: clock.at, comparedTo: clock.at };
  return app({ makePlan: () => ok({ ...PLAN, proven }), ...overrides });
}
/** The source with no transaction since. */
const quiet = { clock: { ...moment('7').clock, next: '7' }, changedTables: [] };

test('a quiet source that an earlier run has looked through is counted only', () => {
  const { shown } = run(appOverProof({ readSourceClock: () => ok(quiet) }), { catchUp: true });
  expect(shown.slice(3)).toEqual(['readSourceClock', 'checkCollections', 'releaseTarget', 'writeReport']);
  // Where transactions came since, rows may have gone.
  expect(run(appOverProof(), { catchUp: true }).shown).toContain('findVanished');
});

test('references of a quiet source lead where they led, and are looked at again where something was written since', () => {
  const asked = (overrides: Overrides, hold: boolean | undefined) => {
    let known: boolean | undefined;
    const { clock } = moment('7');
    const compared = { tables: { runs: [9, 0, 0, 0, 0] }, comparedFrom: clock.at, comparedTo: clock.at };
    const proven = { clock, ...compared, ...(hold === undefined ? {} : { referencesHold: hold }) };
    const answers: Overrides = {
      makePlan: () => ok({ ...PLAN, proven }),
      checkCollections: (_name, input) => {
        known = (input as CheckMessage).referencesHold;
        return ok({ ...CHECKED, referencesHold: true });
      },
      ...overrides,
    };
    run(app(answers), { catchUp: true });
    return known;
  };
  expect(asked({ readSourceClock: () => ok(quiet) }, true)).toBe(true);
  expect(asked({ readSourceClock: () => ok(quiet) }, undefined)).toBeUndefined();
  expect(asked({}, true)).toBeUndefined();
});

test('a proof says that references hold where every step of the checks has found so', () => {
  const leftBy = (holds: readonly boolean[]) => {
    let step = 0;
    let left: ReleaseInput['proven'];
    const answers: Overrides = {
      checkCollections: () => ok({ ...CHECKED, referencesHold: holds[step], next: ++step === 1 ? 2 : undefined }),
      releaseTarget: (_name, input) => {
        left = (input as ReleaseInput).proven;
        return ok(null);
      },
    };
    run(app(answers));
    return left?.referencesHold;
  };
  expect(leftBy([true, true])).toBe(true);
  expect(leftBy([true, false])).toBeUndefined();
  expect(leftBy([false, true])).toBeUndefined();
});

test('where the counts of a quiet source do not fit, documents without a row are looked for', () => {
  let checks = 0;
  const answers: Overrides = {
    readSourceClock: () => ok(quiet),
    checkCollections: () => ok({ ...CHECKED, counts: checks++ === 0 }),
  };
  const { shown, output } = run(appOverProof(answers), { catchUp: true });
  expect(shown.slice(4, 8)).toEqual(['checkCollections', 'readSourceClock', 'findVanished', 'checkCollections']);
  expect(output.status).toBe('completed');
});

test('a source that goes on being written to is followed until little is left, then checked', () => {
  const changes = [20_000, 9_000, 300, 12, 0];
  let pass = -1;
  const answers: Overrides = {
    readSourceClock: () => ok(moment(String(++pass))),
    runLane: (_name, input) =>
      (input as LaneInput).since === null
        ? LANE_DONE
        : { ...LANE_DONE, tables: { runs: [0, 0, 0, changes[pass - 1] ?? 0, 0] } },
  };
  const { output, state } = run(app(answers, 1), { parallel: 1 });
  expect(output.status).toBe('completed');
  expect(state.passes).toBeGreaterThanOrEqual(3);
  expect(state.passes).toBeLessThanOrEqual(5);
});

/** The words that a run that follows its source hears, one before each pass. */
const hearing = (words: readonly string[]): Overrides => {
  let heard = 0;
  return {
    awaitWord: (_name, input, clock) => {
      clock.ms = Math.max(clock.ms, (input as { until?: number }).until ?? 0);
      return words[heard++] ?? 'cutover';
    },
  };
};

test('a run that follows its source goes on pass after pass, and ends with a last pass and the checks', () => {
  const { shown, output, state, generations } = run(app(hearing(['run', 'run'])), { follow: 30 });
  expect(output.status).toBe('completed');
  const pass = ['readSourceClock', '[runLane runLane]', 'findVanished'];
  expect(shown.slice(shown.indexOf('checkCollections'))).toEqual([
    'checkCollections',
    ...['awaitWord', ...pass],
    ...['awaitWord', ...pass],
    'awaitWord',
    ...[...pass, 'checkCollections', 'readSourceClock'],
    ...['releaseTarget', 'writeReport'],
  ]);
  expect(state.endedIn).toBe('catch-up');
  const followed = generations.flatMap(({ statuses }) => statuses as { phase: string; follow?: { passes: number } }[]);
  const passes = followed.filter(({ phase }) => phase === 'follow').map(({ follow }) => follow?.passes);
  expect([...new Set(passes)]).toEqual([0, 1, 2]);
});

test('however long a source is followed, histories stay small, and the time between passes is what was asked for', () => {
  const words = Array.from({ length: 500 }, () => 'run');
  const { state, generations, clockMs } = run(app(hearing(words)), { follow: 60 });
  expect(Math.max(...generations.map(({ actions }) => actions.length))).toBeLessThan(200);
  expect(state.passes).toBe(502);
  expect(clockMs - Date.UTC(2026, 0, 1)).toBeGreaterThanOrEqual(500 * 60_000);
});

test('a cut-over is held back while rows change or somebody writes, and ends with a pass that finds neither', () => {
  const passes = [
    { writers: 1, changed: 0 },
    { writers: 0, changed: 4 },
    { writers: 0, changed: 0 },
  ];
  let pass = -1;
  const answers: Overrides = {
    ...hearing([]),
    readSourceClock: (_name, input) => {
      if ((input as { countsWriters?: boolean }).countsWriters !== true) return ok(moment('7'));
      return ok({ ...moment('7'), writers: passes[++pass]?.writers });
    },
    runLane: () => ({ ...LANE_DONE, tables: { runs: [0, 0, 0, (passes[pass]?.changed ?? 0) / 2, 0] } }),
  };
  const { output, state, shown, generations } = run(app(answers), { follow: 30 });
  expect(output.status).toBe('completed');
  expect(shown.slice(shown.indexOf('awaitWord')).filter((name) => /awaitWord|wait 2000|check/.test(name))).toEqual([
    'awaitWord',
    'wait 2000',
    // Nobody was writing: what one more pass brings is all that is left.
    'awaitWord',
    'awaitWord',
    'checkCollections',
  ]);
  const statuses = generations.flatMap((one) => one.statuses as MigrateStatus[]);
  const held = statuses.flatMap(({ follow }) => (follow?.held === undefined ? [] : [follow.held]));
  expect(held[0]).toMatchObject({ tries: 1, writers: 1, rows: 0 });
  expect(held.at(-1)).toMatchObject({ tries: 2, writers: 0, rows: 4 });
  // Once a try finds neither, nothing holds it.
  expect(statuses.slice(-2).map((status) => [status.phase, status.follow?.held])).toEqual([
    ['catch-up', undefined],
    ['report', undefined],
  ]);
  expect([...new Set(statuses.flatMap(({ follow }) => follow?.passes ?? []))]).toEqual([0, 1, 2, 3]);
  expect(state.instant?.quietSince).toBe('2026-01-01T00:00:00.000Z');
});

test.each([
  ['while it waits', ['awaitWord']],
  ['in the middle of a pass', ['awaitWord', 'readSourceClock', 'runLane', 'runLane']],
])('a follower goes on as it was when the next release is deployed %s, and is cut over', (_when, steps) => {
  const words = Array.from({ length: 200 }, () => 'run');
  const { generations } = run(app(hearing(words)), { follow: 1 });
  const input = generations[1]?.continuedAsNew as object;
  expect(input).toMatchObject({ state: { phase: 'follow' } });
  const deployed: OrchestrationHandler = (context) => {
    const events = steps.map((Name, EventId) => ({ EventType: /Word|Lane/.test(Name) ? 7 : 4, EventId, Name }));
    rememberHistory(context, { history: [{ EventType: 12, EventId: -1 }, ...events, { EventType: 13, EventId: -1 }] });
    return survivingDeployments(migrate, MIGRATION_OF_OTHERS)(context);
  };
  const older = { ...input, version: MESSAGE_VERSION - 1 };
  const { continuedAsNew } = drive(deployed, older, app(hearing(['run'])));
  expect(continuedAsNew).toEqual({ ...input, version: MESSAGE_VERSION, restarts: 1 });
  const still = { readSourceClock: () => ok({ ...moment('7'), writers: 0 }) };
  const { output, state } = runFrom(continuedAsNew, app({ ...hearing(['run']), ...still }));
  expect(output.status).toBe('completed');
  expect(state.endedIn).toBe('catch-up');
  expect(state.instant?.quietSince).toBeDefined();
});

/** What a run at its end says of the target. */
function releaseOf({ generations }: Whole): {
  readonly isWhole?: true;
  readonly proven?: { readonly tables: Record<string, readonly number[]> } | null;
} {
  const actions = generations.flatMap((one) => one.actions);
  const release = actions.findLast((action) => action.kind === 'activity' && action.name === 'releaseTarget');
  return (release as { input: ReturnType<typeof releaseOf> }).input;
}
function provenOf(whole: Whole): ReturnType<typeof releaseOf>['proven'] {
  return releaseOf(whole).proven;
}

test('a run that is whole says so whatever of its rows nobody can count, and one of counts alone does not', () => {
  const shrinking = { findVanished: vanished(2), removeVanished: () => ok({ removed: { runs: 2 }, failures: [] }) };
  expect(releaseOf(run(app(shrinking), {})).isWhole).toBe(true);
  expect(releaseOf(run(app({}), { tables: ['runs'] })).isWhole).toBe(true);
  expect(releaseOf(run(app({}), { validate: 'counts' })).isWhole).toBeUndefined();
  const wrong = { runLane: () => ({ ...LANE_DONE, tables: { runs: [9, 0, 1, 0, 0] } }) };
  expect(releaseOf(run(app(wrong as Overrides), {})).isWhole).toBeUndefined();
});

test('a follower that is cancelled between two passes leaves a proof with the rows that stand there now', () => {
  const deleting = { findVanished: vanished(2), removeVanished: () => ok({ removed: { runs: 2 }, failures: [] }) };
  const passing = {
    runLane: (_name: string, input: unknown) =>
      (input as LaneInput).since === null
        ? { ...LANE_DONE, tables: { runs: [9, 0, 0, 0, 0] } }
        : { ...LANE_DONE, tables: { runs: [5, 0, 0, 5, 5] } },
  };
  // Two passes of five new rows and two deletions each: the one before the proof, whose rows the checks counted, and one after it.
  const cancelled = run(app({ ...hearing(['run', 'cancel']), ...passing, ...deleting }, 1), { follow: 1, parallel: 1 });
  expect(provenOf(cancelled)?.tables['runs']?.[0]).toBe(9 + 5 - 2);
});

test('a run that was broken off in a pass, or proved a part of what it brought, leaves no proof of before', () => {
  const stopped = { ...LANE_DONE, stop: 'cancel' };
  const inPass: Overrides = {
    ...hearing(['run']),
    runLane: (_name, input) => ((input as LaneInput).since === null ? LANE_DONE : stopped),
  };
  expect(provenOf(run(app(inPass, 1), { follow: 1, parallel: 1 }))).toBeNull();
  const part = { tables: ['runs'], parallel: 1 };
  const brought = { runLane: () => ({ ...LANE_DONE, tables: { runs: [9, 4, 0, 0, 0] } }) };
  expect(provenOf(run(app(brought as Overrides, 1), part))).toBeNull();
  const unchanged = { runLane: () => ({ ...LANE_DONE, tables: { runs: [9, 9, 0, 0, 0] } }) };
  expect(provenOf(run(app(unchanged as Overrides, 1), part))).toBeUndefined();
});

test('MLflow waits for one search of vanished rows: a pass of a cut-over that changed rows leaves it to the next', () => {
  // The last one finds that no transaction has ended since the search.
  const passes = [{ changed: 4 }, { deleted: 3 }, { next: '7' }];
  let pass = -1;
  const answers: Overrides = {
    ...hearing([]),
    readSourceClock: (_name, input) => {
      const { clock, changedTables } = moment('7');
      if ((input as { countsWriters?: boolean }).countsWriters !== true) return ok({ clock, changedTables });
      const { next = '99' } = passes[++pass] ?? {};
      return ok({ clock: { ...clock, next }, changedTables, writers: 0 });
    },
    runLane: () => ({ ...LANE_DONE, tables: { runs: [0, 0, 0, (passes[pass]?.changed ?? 0) / 2, 0] } }),
    findVanished: () => vanished(passes[pass]?.deleted ?? 0)(),
    removeVanished: () => ok({ removed: { runs: 3 }, failures: [] }),
  };
  const { output, shown } = run(app(answers), { follow: 30 });
  expect(output.status).toBe('completed');
  const after = shown.slice(shown.indexOf('awaitWord'));
  expect(after.filter((name) => /Vanished|Clock|check/.test(name))).toEqual([
    'readSourceClock',
    ...['readSourceClock', 'findVanished', 'removeVanished'],
    'readSourceClock',
    'checkCollections',
    'readSourceClock',
  ]);
});

test('a cut-over says until when nothing was written after its checks, and a session that writes by then holds it back', () => {
  const last = (writers: number, next: string): Overrides => {
    let clocks = 0;
    return {
      ...hearing([]),
      readSourceClock: (_name, input) => {
        const { clock, changedTables } = moment('7');
        const isSeal = (input as { countsWriters?: boolean }).countsWriters === true && ++clocks === 2;
        return ok({ clock: { ...clock, next: isSeal ? next : '7' }, changedTables, writers: isSeal ? writers : 0 });
      },
    };
  };
  expect(run(app(last(0, '7')), { follow: 1 }).state.instant?.quietUntil).toBe('2026-01-01T00:00:00.000Z');
  const other = run(app(last(0, '9')), { follow: 1 });
  expect([other.output.status, other.state.instant?.quietUntil]).toEqual(['completed', undefined]);
  const held = run(app(last(1, '7')), { follow: 1 });
  expect(held.output.status).toBe('completed');
  expect(held.shown.filter((name) => name === 'checkCollections')).toHaveLength(3);
});

test('the pass that a cut-over is asked for in leaves vanished rows to the cut-over', () => {
  let looks = 0;
  const answers: Overrides = {
    ...hearing(['run']),
    readSourceClock: () => ok({ ...moment('7'), writers: 0 }),
    findVanished: (_name, input) =>
      ok({
        found: {},
        failures: [],
        ...(++looks === 2 && (input as FindVanishedInput).givesWay === true ? { gaveWay: true } : {}),
      }),
  };
  const { output, generations } = run(app(answers), { follow: 30 });
  expect(output.status).toBe('completed');
  // Before the first pass, in it, and in that of the cut-over.
  expect(looks).toBe(3);
  const statuses = generations.flatMap((one) => one.statuses as { follow?: { equalAt: string | null } }[]);
  expect(statuses.flatMap(({ follow }) => (follow === undefined ? [] : [follow.equalAt === null]))).toContain(true);
});

test('a source that stands still is not searched again, unless the checks found something', () => {
  const still: Overrides = {
    ...hearing(['run', 'run']),
    readSourceClock: () => ok({ ...moment('7'), clock: { ...moment('7').clock, next: '7' }, writers: 0 }),
  };
  const looks = ({ shown }: Whole) => shown.filter((name) => name === 'findVanished').length;
  // Once before it is followed, once in its first pass.
  expect(looks(run(app(still), { follow: 30 }))).toBe(2);
  let checks = 0;
  const checkCollections = () => ok(checks++ === 1 ? { ...CHECKED, counts: true } : CHECKED);
  expect(looks(run(app({ ...still, checkCollections }), { follow: 30 }))).toBe(3);
});

test('what a following run is cancelled for, or fails with, ends it in that phase', () => {
  const cancelled = run(app(hearing(['run', 'cancel'])), { follow: 1 });
  expect([cancelled.output.status, cancelled.state.endedIn]).toEqual(['cancelled', 'follow']);
  let looks = 0;
  const deleting: Overrides = {
    findVanished: () => vanished(looks++ === 0 ? 0 : 8_000)(),
    runLane: (_name, input) =>
      (input as LaneInput).since === null ? LANE_DONE : { ...LANE_DONE, tables: { runs: [0, 0, 0, looks * 5, 0] } },
  };
  const refused = run(app({ ...hearing(['run']), ...deleting }, 1), { follow: 1, parallel: 1 });
  expect([refused.output.status, refused.state.endedIn]).toEqual(['failed', 'follow']);
  expect(refused.state.problems[0]?.kind).toBe('deletes-need-consent');
  // What its last pass has written is told all the same, and when its proof held.
  const status = refused.generations.at(-1)?.statuses.at(-1) as MigrateStatus;
  expect([status.phase, status.follow?.rows]).toEqual(['report', 5]);
  expect(refused.state.following?.provenAt).toBeDefined();
});

test('a run whose proof finds something wrong does not go on to follow its source', () => {
  const { shown, state } = run(app({ checkCollections: () => ok({ ...CHECKED, indexes: true }) }), { follow: 1 });
  expect(shown).not.toContain('awaitWord');
  expect(state.endedIn).toBe('catch-up');
});

test('tables that change under a run that follows them are planned and read anew, and followed again', () => {
  let clocks = 0;
  const changing = { readSourceClock: () => ok(moment('7', clocks++ === 2 ? ['runs'] : [])) };
  const { shown, output } = run(app({ ...hearing(['run', 'run']), ...changing }), { follow: 1 });
  expect(output.status).toBe('completed');
  expect(shown.filter((name) => name === 'makePlan')).toHaveLength(2);
});

test('a source that is followed may change its tables again and again, as each change is proven by itself', () => {
  let clocks = 0;
  const changing = { readSourceClock: () => ok(moment('7', clocks < 18 && clocks++ % 3 === 2 ? ['runs'] : [])) };
  const words = Array.from({ length: 9 }, () => 'run');
  const { shown, output, state, generations } = run(app({ ...hearing(words), ...changing }), { follow: 1 });
  expect(output.status).toBe('completed');
  expect(shown.filter((name) => name === 'makePlan')).toHaveLength(7);
  expect(state.shapeChanged).toEqual([]);
  const statuses = generations.flatMap((one) => one.statuses as MigrateStatus[]);
  const passes = statuses.flatMap(({ follow }) => follow?.passes ?? []);
  expect(passes).toEqual(passes.toSorted((one, other) => one - other));
  expect(passes.at(-1)).toBeGreaterThan(7);
});

test('what a pass has found wrong is no fault of a cut-over that finds it mended', () => {
  let passes = 0;
  const answers: Overrides = {
    ...hearing(['run', 'run']),
    runLane: (_name, input) =>
      (input as LaneInput).since === null || passes++ !== 1
        ? LANE_DONE
        : { ...LANE_DONE, tables: { runs: [0, 0, 1, 0, 0] }, hasTypeDifference: true },
  };
  const { shown, output, state, generations } = run(app(answers, 1), { follow: 1, parallel: 1 });
  const statuses = generations.flatMap((one) => one.statuses as { follow?: { missed?: number } }[]);
  expect(statuses.flatMap(({ follow }) => follow?.missed ?? [])).toContain(1);
  expect(output.status).toBe('completed');
  expect(shown.filter((name) => name === 'makePlan')).toHaveLength(2);
  expect(state.validated.tables).toEqual({});
  expect(state.validated.hasTypeDifference).toBe(false);
  expect(state.endedIn).toBe('catch-up');
});

test('a table that fails in a pass is followed again, by comparing all of it', () => {
  const problem = { kind: 'source-refused', message: 'm', hint: 'h' };
  const passes: (readonly [skip: readonly string[], whole: readonly string[]])[] = [];
  const answers: Overrides = {
    ...hearing(['run', 'run', 'run']),
    runLane: (_name, input) => {
      const { since, skip, whole = [] } = input as LaneInput;
      if (since !== null) passes.push([skip, whole]);
      return since !== null && passes.length === 2
        ? { ...LANE_DONE, failures: [{ table: 'runs', problem }] }
        : LANE_DONE;
    },
  };
  const { output, state } = run(app(answers, 1), { follow: 1, parallel: 1 });
  expect(output.status).toBe('completed');
  expect(passes).toEqual([
    [[], []],
    [[], []],
    [[], ['runs']],
    [[], []],
    [[], []],
  ]);
  expect(state.validated.failures).toEqual([]);
});

test('tables whose documents do not fit are compared as a whole once more, though nothing was written meanwhile', () => {
  const passes: (readonly [since: string | null, whole: readonly string[]])[] = [];
  let checks = 0;
  const answers: Overrides = {
    readSourceClock: () => ok({ ...moment('7'), clock: { ...moment('7').clock, next: '7' } }),
    runLane: (_name, input) => {
      const { kind, since, whole = [] } = input as LaneInput;
      if (kind === 'validate') passes.push([since, whole]);
      return LANE_DONE;
    },
    checkCollections: () => ok(checks++ === 0 ? { ...CHECKED, counts: true, stale: ['runs'] } : CHECKED),
  };
  const { output, state } = run(app(answers, 1), { parallel: 1 });
  expect(output.status).toBe('completed');
  expect(passes).toEqual([
    [null, []],
    ['7', ['runs']],
  ]);
  expect(state.stale).toEqual([]);
});

test('documents of one table in collections of several steps are added up', () => {
  const answers: Overrides = { checkCollections: () => ok({ ...CHECKED, documents: { runs: 4 }, standing: {} }) };
  const { state } = run(app(answers, 1, 250), { parallel: 1 });
  expect(state.documents).toEqual({ runs: 12 });
});

test('a request that would make very wide windows keeps the history of a generation bounded', () => {
  const { generations } = run(app({}, 40_000), { parallel: 64, validate: 'none' });
  for (const { actions } of generations) {
    expect(leavesOf(actions).length).toBeLessThanOrEqual(200);
  }
});

test('the number of deletions is known before the first, and too many without consent end it with nothing deleted', () => {
  const { shown, state, output } = run(app({ findVanished: vanished(1_001) }));
  expect(shown).not.toContain('removeVanished');
  expect(state.problems).toEqual([
    expect.objectContaining({ kind: 'deletes-need-consent', message: expect.stringContaining('runs: 1,001 of 9') }),
  ]);
  expect(shown.slice(-2)).toEqual(['releaseTarget', 'writeReport']);
  expect(output.status).toBe('failed');
  let isGone = false;
  const consented: Overrides = {
    findVanished: () => (isGone ? ok({ found: {}, failures: [] }) : vanished(1_001)()),
    removeVanished: () => {
      isGone = true;
      return ok({ removed: { runs: 1_001 }, failures: [] });
    },
  };
  for (const allowDeletes of [1_001, 'all'] as const) {
    isGone = false;
    const allowed = run(app(consented), { allowDeletes });
    expect(allowed.output.status).toBe('completed');
    expect(allowed.state.deleted).toEqual({ runs: 1_001 });
  }
});

test('a target that is being adopted asks before the first deletion', () => {
  const { state } = run(app({ findVanished: vanished(1) }), { adoptTarget: true });
  expect(state.problems.map(({ kind }) => kind)).toEqual(['deletes-need-consent']);
});

test('a source whose tables changed is planned and read again, a few times, and is spoken of only where that ended', () => {
  let changes = 2;
  const answers: Overrides = { readSourceClock: () => ok(moment('7', changes-- > 0 ? ['params'] : [])) };
  const calm = run(app(answers));
  expect(calm.shown.filter((name) => name === 'makePlan')).toHaveLength(3);
  expect(calm.state.shapeChanged).toEqual([]);
  expect(calm.output.status).toBe('completed');
  const restless = run(app({ readSourceClock: () => ok(moment('7', ['params'])) }));
  expect(restless.shown.filter((name) => name === 'makePlan')).toHaveLength(4);
  expect(restless.state.shapeChanged).toEqual(['params']);
});

test('a dry run over a target that this source has filled compares it, looks for what vanished, and writes nothing', () => {
  const answers: Overrides = {
    preflight: () => ok({ ...LOOKED, isOurs: true }),
    findVanished: vanished(5),
  };
  const { shown, state } = run(app(answers), { dryRun: true });
  expect(shown).toEqual([
    'preflight',
    'makePlan',
    'readSourceClock',
    '[runLane runLane]',
    'findVanished',
    'writeReport',
  ]);
  expect(state.vanished).toEqual({ runs: 5 });
});

/** Names of the steps and lanes whose input carries the request. */
function carriers({ generations }: Whole): Set<string> {
  const actions = generations.flatMap(({ actions }) => leavesOf(actions));
  return new Set(
    actions.flatMap((one) =>
      (one.kind === 'activity' || one.kind === 'orchestration') && 'request' in (one.input as object) ? [one.name] : [],
    ),
  );
}

test('what was asked for is told where there is no plan yet and at the end; the plan keeps it for all that comes between', () => {
  expect(carriers(run(app({}, 200)))).toEqual(new Set(['preflight', 'makePlan', 'releaseTarget', 'writeReport']));
});

test('a plan of an earlier release does not keep the request: every step is told', () => {
  const plan = { stamp: 's', units: 2, collections: 5, totalRows: 9, flavour: 'mongodb' };
  const earlier = run(app({ makePlan: () => ok({ ...plan, needsUniqueIndexesFirst: false, unreadable: [] }) }));
  for (const name of [
    'prepareTarget',
    'runLane',
    'buildIndexes',
    'readSourceClock',
    'findVanished',
    'checkCollections',
  ])
    expect(carriers(earlier), name).toContain(name);
});

describe('checksums', () => {
  const still = (transaction: string) => {
    const { clock, changedTables } = moment(transaction);
    return { clock: { ...clock, next: transaction }, changedTables, standstill: `${transaction} on this server` };
  };
  const proven = { clock: moment('7').clock, tables: {}, comparedFrom: 'x', comparedTo: 'y' };
  /** What the lanes of each kind were told. */
  function told(plan: object, clock: unknown, request: Partial<typeof REQUEST> = {}) {
    const kinds: Record<string, unknown> = {};
    run(
      app({
        makePlan: () => ok({ ...PLAN, ...plan }),
        readSourceClock: () => ok(clock),
        runLane: (_name, input) => {
          const { kind, since, checksums = null } = input as LaneInput;
          kinds[since === null ? kind : 'pass'] = checksums;
          return LANE_DONE;
        },
      }),
      request,
    );
    return kinds;
  }
  const quietFrom = '7 on this server';
  const own = { planStamp: 's', moment: quietFrom };

  test('are made by the copy and gone by in the comparison while nothing has ended since the plan', () => {
    expect(told({ quietFrom }, still('7'))).toEqual({ copy: own, validate: own });
  });

  test('are not gone by once a transaction has ended, on another server, or while some are under way', () => {
    expect(told({ quietFrom }, still('8'))).toMatchObject({ copy: own, validate: null });
    expect(told({ quietFrom }, { ...still('7'), standstill: '7 on another server' })).toMatchObject({ validate: null });
    expect(told({ quietFrom }, moment('7'))).toMatchObject({ validate: null });
  });

  test('are not made of a source that did not stand still', () => {
    expect(told({}, still('7'))).toMatchObject({ copy: null, validate: null });
  });

  test('of the run that proved the target are gone by in a rerun', () => {
    expect(told({ quietFrom, proven: { ...proven, checksumsBy: 'first' } }, still('7'))).toEqual({
      validate: { planStamp: 'first', moment: quietFrom },
    });
    expect(told({ quietFrom, proven }, still('7'))).toEqual({ validate: null });
  });

  test('are nothing to a comparison alone, nor to a run that does not compare', () => {
    expect(told({ quietFrom }, still('7'), { validateOnly: true })).toEqual({ validate: null });
    expect(told({ quietFrom }, still('7'), { validate: 'counts' })).toEqual({ copy: null });
  });

  test('stand in the proof: those of this run, or of the one whose copy it goes by', () => {
    const leaves = (plan: object) => {
      const { actions } = run(app({ makePlan: () => ok({ ...PLAN, ...plan }), readSourceClock: () => ok(still('7')) }));
      const release = actions.find((action) => action.kind === 'activity' && action.name === 'releaseTarget');
      return (release as { readonly input?: ReleaseInput } | undefined)?.input?.proven?.checksumsBy;
    };
    expect(leaves({ quietFrom })).toBe('s');
    expect(leaves({ quietFrom, proven: { ...proven, tables: { runs: [1] }, checksumsBy: 'first' } })).toBe('first');
    expect(leaves({ quietFrom, proven: { ...proven, tables: { runs: [1] } } })).toBeUndefined();
  });
});

describe('a source that has gone to another history', () => {
  /** The clocks that are read one after the other, and how often all was planned. */
  function plansWith(clocks: readonly object[]) {
    let plans = 0;
    let read = 0;
    const whole = run(
      app({
        makePlan: () => {
          plans++;
          return ok(PLAN);
        },
        readSourceClock: () => ok(clocks[Math.min(read++, clocks.length - 1)]),
      }),
    );
    return { plans, whole };
  }

  test('is planned and read anew, whether its timeline tells or its transactions, which are fewer', () => {
    for (const other of [
      { ...moment('9'), isElsewhere: true },
      { ...moment('3'), clock: { ...moment('3').clock, next: '3' } },
    ]) {
      const { plans, whole } = plansWith([moment('7'), other, moment('9')]);
      expect(plans).toBe(2);
      expect(whole.output.status).toBe('completed');
    }
  });

  test('again and again ends the run, as nothing that was compared holds', () => {
    const { whole } = plansWith([{ ...moment('9'), isElsewhere: true }]);
    expect(whole.state.problems).toMatchObject([{ kind: 'source-unreachable' }]);
  });
});
