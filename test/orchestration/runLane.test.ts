import { expect, test } from 'vitest';
import type { LaneInput, LaneResult } from '../../src/contract/lane.ts';
import type { UnitInput, UnitResult } from '../../src/contract/unit.ts';
import { runLane } from '../../src/orchestrators/runLane.ts';
import { type Answerer, drive, show } from './fakeOrchestration.ts';
import { REQUEST } from './request.ts';

const LANE: LaneInput = {
  id: 'm',
  planStamp: 'stamp',
  stallMinutes: REQUEST.stallMinutes,
  writer: 'token',
  notBefore: null,
  kind: 'copy',
  items: [0, 1, 2].map((unit) => ({ unit, only: null })),
  skip: [],
  since: null,
};

const DONE: UnitResult = {
  tables: { runs: [10, 1, 0, 0, 0] },
  bytes: 100,
  throttled: 0,
  requestUnits: 0,
  requests: 2,
  remaining: [],
  stop: null,
  failures: [],
  transient: null,
  fatal: null,
  whole: [],
  hasTypeDifference: false,
  findingCount: 0,
};
const UNREACHABLE = { kind: 'target-unreachable', message: 'gone', hint: 'wait' } as const;
const ok = (value: Partial<UnitResult> = {}) => ({ ok: true, value: { ...DONE, ...value } });
const lane = (answer: Answerer, input: Partial<LaneInput> = {}) => {
  const run = drive(runLane, { ...LANE, ...input }, answer);
  return { ...run, shown: show(run.actions), result: run.output as LaneResult };
};

test('does its units one after the other and adds up what they came to', () => {
  const { shown, result } = lane(() => ok());
  expect(shown).toEqual(['copyUnit', 'copyUnit', 'copyUnit']);
  expect(result).toMatchObject({
    tables: { runs: [30, 3, 0, 0, 0] },
    bytes: 300,
    requests: 6,
    remaining: [],
    stop: null,
    problem: null,
  });
  expect(lane(() => ok(), { kind: 'validate' }).shown).toEqual(['validateUnit', 'validateUnit', 'validateUnit']);
});

test('it ends with the unit at which the time of its window is over, and gives the others back', () => {
  const answer: Answerer = (_name, _input, clock) => {
    clock.ms += 1_000;
    return ok();
  };
  const begin = Date.UTC(2026, 0, 1);
  const two = lane(answer, { until: begin + 1_500 });
  expect(two.shown).toEqual(['copyUnit', 'copyUnit']);
  expect(two.result).toMatchObject({ remaining: [{ unit: 2, only: null }], stop: null, problem: null });
  // However late it was begun, it does something.
  expect(lane(answer, { until: begin - 60_000 }).shown).toEqual(['copyUnit']);
  expect(lane(answer, { until: begin + 60_000 }).result.remaining).toEqual([]);
});

test('a unit that fails for a passing reason is not left to another lane by the clock, so that the stall time is told', () => {
  const { result, clockMs } = lane(() => ok({ tables: {}, remaining: [0], transient: UNREACHABLE }), { until: 0 });
  expect(result.problem).toEqual(UNREACHABLE);
  expect(clockMs - Date.UTC(2026, 0, 1)).toBeGreaterThan(REQUEST.stallMinutes * 60_000);
});

test('what is left of a unit is tried again after growing waits, and nothing else of it', () => {
  const inputs: UnitInput[] = [];
  const { shown, result } = lane(
    (_name, input) => {
      inputs.push(input as UnitInput);
      const left = [[3, 4], [4], []][Math.min(inputs.length - 1, 2)] as number[];
      return ok({ remaining: left, transient: left.length > 0 ? UNREACHABLE : null });
    },
    { items: [{ unit: 7, only: null }] },
  );
  expect(shown).toEqual(['copyUnit', 'wait 2000', 'copyUnit', 'wait 4000', 'copyUnit']);
  expect(inputs.map(({ unit, only }) => [unit, only])).toEqual([
    [7, null],
    [7, [3, 4]],
    [7, [4]],
  ]);
  expect(result.problem).toBeNull();
});

test('what handed back its rest in time goes on at once, from where it was', () => {
  const inputs: UnitInput[] = [];
  const cut = { position: 1, lower: ['k'], rows: 500 };
  const { shown } = lane(
    (_name, input) => {
      inputs.push(input as UnitInput);
      return inputs.length < 3 ? ok({ remaining: [1], stop: 'time', ...(inputs.length === 1 ? { cut } : {}) }) : ok();
    },
    { items: [{ unit: 7, only: null }] },
  );
  expect(shown).toEqual(['copyUnit', 'copyUnit', 'copyUnit']);
  expect(inputs.map((input) => input.cut)).toEqual([undefined, cut, undefined]);
});

test('a unit that goes on in pieces is given back between two of them once the time of the window is over', () => {
  const cut = { position: 1, lower: ['k'], rows: 500 };
  const { shown, result } = lane(() => ok({ remaining: [1], stop: 'time', cut }), { until: 0 });
  expect(shown).toEqual(['copyUnit']);
  expect(result).toMatchObject({ stop: null, problem: null });
  expect(result.remaining).toEqual([{ unit: 0, only: [1], cut }, ...LANE.items.slice(1)]);
});

test('a unit that comes no further in attempts that run out of their time ends after the stall time, over all windows', () => {
  const begin = Date.UTC(2026, 0, 1);
  const cut = { position: 1, lower: ['k'], rows: 1 };
  const minutes = 6 * 60_000;
  let item: LaneInput['items'][number] = { unit: 0, only: [1], cut };
  let problem: unknown = null;
  let windows = 0;
  for (; problem === null && windows < 9; windows++) {
    const now = begin + windows * minutes;
    const answer: Answerer = (_name, _input, clock) => {
      clock.ms = now + minutes;
      return ok({ tables: {}, remaining: [1], stop: 'time', cut });
    };
    const run = drive(runLane, { ...LANE, items: [item], until: 0 }, answer, now);
    const result = run.output as LaneResult;
    [item = { unit: 9, only: null }] = result.remaining;
    ({ problem } = result);
  }
  expect(windows).toBe(3);
  expect(problem).toMatchObject({
    kind: 'target-unreachable',
    message: expect.stringMatching(/^Nothing has moved for 15 minutes/),
  });
  expect(item).toEqual({ unit: 0, only: [1], cut });
});

test('waits grow to half a minute, and without progress for the stall time the lane ends with the reason', () => {
  const { shown, result, clockMs } = lane(() => ok({ tables: {}, remaining: [0], transient: UNREACHABLE }));
  expect(shown.slice(0, 13)).toEqual(
    [2, 4, 8, 16, 30, 30].flatMap((seconds) => ['copyUnit', `wait ${seconds * 1000}`]).concat('copyUnit'),
  );
  expect(result.problem).toEqual(UNREACHABLE);
  expect(result.remaining).toEqual([
    { unit: 0, only: [0] },
    { unit: 1, only: null },
    { unit: 2, only: null },
  ]);
  const minutes = (clockMs - Date.UTC(2026, 0, 1)) / 60_000;
  expect(minutes).toBeGreaterThan(REQUEST.stallMinutes);
  expect(minutes).toBeLessThan(REQUEST.stallMinutes + 1);
  expect(shown.length).toBeLessThan(100);
});

test('progress, however little, keeps the lane going beyond the stall time', () => {
  let left = 80;
  const { result } = lane(() => ok(left-- > 0 ? { remaining: [0], transient: UNREACHABLE } : {}), {
    items: [{ unit: 0, only: null }],
  });
  expect(result.problem).toBeNull();
});

test.each(['cancel', 'suspend'] as const)('%s ends it at once, with what is left', (stop) => {
  const { shown, result } = lane(() => ok({ remaining: [1], stop }));
  expect(shown).toEqual(['copyUnit']);
  expect(result).toMatchObject({ stop, problem: null });
  expect(result.remaining).toEqual([
    { unit: 0, only: [1] },
    { unit: 1, only: null },
    { unit: 2, only: null },
  ]);
});

test('a process that shuts down leaves the rest to the next one, however long it takes', () => {
  let attempts = 0;
  const { result } = lane(() => (attempts++ < 5 ? ok({ remaining: [0], stop: 'shutdown' }) : ok()));
  expect(result).toMatchObject({ stop: null, problem: null, remaining: [] });
});

test.each([
  ['password=hunter2', 'died'],
  ["Activity function 'copyUnit' failed: Timeout value of 00:30:00 was exceeded by function: hunter2", 'timed-out'],
] as const)(
  'a unit whose activity fails with %j goes back with the rest as %s, and the text is not repeated',
  (text, how) => {
    let calls = 0;
    const { shown, result } = lane(() => {
      if (calls++ === 0) return ok();
      throw new Error(text);
    });
    expect(shown).toEqual(['copyUnit', 'copyUnit']);
    expect(result).toMatchObject({ tables: { runs: [10, 1, 0, 0, 0] }, stop: null, problem: null });
    expect(result.remaining).toEqual([
      { unit: 1, only: null, lost: { times: 1, how } },
      { unit: 2, only: null },
    ]);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  },
);

test('what the program cannot explain, and says so, is tried three times and ends the lane with the reason', () => {
  const problem = { kind: 'internal', message: 'odd', hint: 'h' } as const;
  const { shown, result } = lane(() => ({ ok: false, problem, isTransient: true }));
  expect(shown).toEqual(['copyUnit', 'wait 2000', 'copyUnit', 'wait 4000', 'copyUnit']);
  expect(result.problem).toEqual(problem);
  expect(result.remaining).toHaveLength(3);
});

test('a unit says how often it was lost, and after the third time only its tables are booked', () => {
  const inputs: UnitInput[] = [];
  const items = [2, 3].map((times) => ({ unit: times, only: [1], lost: { times, how: 'died' } as const }));
  lane(
    (_name, input) => {
      inputs.push(input as UnitInput);
      return ok();
    },
    { items },
  );
  expect(inputs.map(({ unit, only, lost, isGivenUp }) => ({ unit, only, lost, isGivenUp }))).toEqual([
    { unit: 2, only: [1], lost: { times: 2, how: 'died' }, isGivenUp: false },
    { unit: 3, only: [1], lost: { times: 3, how: 'died' }, isGivenUp: true },
  ]);
});

test('a table that failed for good is left out of the units that follow', () => {
  const skips: (readonly string[])[] = [];
  const failures = [{ table: 'runs', problem: { kind: 'source-refused', message: 'm', hint: 'h' } as const }];
  const { result } = lane(
    (_name, input) => {
      skips.push((input as UnitInput).skip);
      return ok(skips.length === 1 ? { failures } : {});
    },
    { skip: ['tags'] },
  );
  expect(skips).toEqual([['tags'], ['tags', 'runs'], ['tags', 'runs']]);
  expect(result.failures).toEqual(failures);
});

test('what ends the run is no passing failure: the lane gives its units back with the reason', () => {
  const fatal = { kind: 'target-in-use', message: 'taken over', hint: 'look' } as const;
  const { shown, result } = lane(() => ok({ remaining: [1], fatal }));
  expect(shown).toEqual(['copyUnit']);
  expect(result.problem).toEqual(fatal);
  expect(result.remaining.map(({ unit }) => unit)).toEqual([0, 1, 2]);
});

test('a lane that makes indexes does so step by step, each until it is done, and says when all were there', () => {
  let built = 0;
  const answer: Answerer = (_name, _input, clock) => {
    clock.ms += 1_000;
    return { ok: true, value: { isLeft: ++built === 1 } };
  };
  const items = [0, 2].map((unit) => ({ unit, only: null }));
  const { shown, result, actions } = lane(answer, { kind: 'indexes', items, until: 0 });
  expect(shown).toEqual(['buildIndexes', 'buildIndexes', 'buildIndexes']);
  const steps = actions.map((action) => (action as unknown as { input: { from: number; to: number } }).input);
  expect(steps.map(({ from, to }) => [from, to])).toEqual([
    [0, 100],
    [0, 100],
    [200, 300],
  ]);
  expect(result).toMatchObject({ remaining: [], problem: null, builtAt: expect.any(String) });
  const problem = { ...UNREACHABLE, kind: 'target-refused' };
  const failed = lane(() => ({ ok: false, problem, isTransient: false }), { kind: 'indexes', items });
  expect(failed.result).toMatchObject({ remaining: items, problem });
  expect(failed.result).not.toHaveProperty('builtAt');
});
