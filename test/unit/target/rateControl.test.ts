import { describe, expect, test } from 'vitest';
import { RateControl } from '../../../src/target/rateControl.ts';
import { seededRandom } from '../../faults/proxy/random.ts';
import { TokenBucket } from '../../faults/proxy/tokenBucket.ts';

const IN_FLIGHT = 2;
const BACKOFF_MS = 40;

interface Account {
  readonly limit: number;
  readonly isKnown?: boolean;
  /** Do refusals tell how long to wait? */
  readonly hasHints?: boolean;
  readonly burstSeconds?: number;
  /** Chance that a request is refused for no reason. */
  readonly refusesAnyway?: number;
  /** Is a request one command that is charged afterwards, as reads are? */
  readonly isRead?: boolean;
  readonly seconds?: number;
  /** The limit at a time, where it changes. */
  readonly limitAt?: (seconds: number) => number;
  readonly seed?: number;
}

interface Answer {
  readonly at: number;
  readonly cost: number;
  readonly operations: number;
  readonly acceptedShare: number;
  readonly waitMs: number | null;
}

/** A load without end on an imitated account, in a time of its own: no second of it passes. */
function run(account: Account): { spentShare: number; refusedShare: number; rates: number[] } {
  const { limit, isKnown = false, hasHints = true, isRead = false, seconds = 60, burstSeconds = 1 } = account;
  const random = seededRandom(account.seed ?? 7);
  const bucket = new TokenBucket(limit, burstSeconds, 0);
  const control = new RateControl(isKnown ? limit : 400, isKnown, 0);
  const rates: number[] = [];
  const answers: Answer[] = [];
  let [now, spent, requests, refused] = [0, 0, 0, 0];
  const send = (cost: number, operations: number) => {
    control.take(cost);
    requests++;
    let accepted = 0;
    let waitMs: number | null = null;
    const isUnfounded = random() < (account.refusesAnyway ?? 0);
    for (let operation = 0; operation < operations; operation++) {
      const units = (cost / operations) * (0.7 + 0.6 * random());
      const isTaken = !isUnfounded && (isRead ? bucket.hasAny(now) : bucket.tryTake(units, now));
      if (isTaken && isRead) bucket.charge(units, now);
      if (isTaken) [accepted, spent] = [accepted + 1, spent + units];
      else waitMs = Math.max(waitMs ?? 0, hasHints ? bucket.waitMs(units, now) : BACKOFF_MS);
    }
    if (waitMs !== null) refused++;
    answers.push({ at: now + 4 + 8 * random(), cost, operations, acceptedShare: accepted / operations, waitMs });
    answers.sort((a, b) => a.at - b.at);
  };
  while (now < seconds * 1_000) {
    if (account.limitAt !== undefined) bucket.setRate(account.limitAt(now / 1_000), now);
    if (rates.length <= now / 1_000) rates.push(control.rate);
    const operations = isRead ? 1 : Math.max(1, Math.floor(control.requestCost / 6));
    const cost = isRead ? control.requestCost : operations * 6;
    const canSend = answers.length < IN_FLIGHT;
    const waitMs = canSend ? control.waitMs(cost, now) : Number.POSITIVE_INFINITY;
    if (waitMs <= 0) {
      send(cost, operations);
      continue;
    }
    const [next] = answers;
    if (next === undefined || next.at > now + waitMs) {
      now += waitMs;
      continue;
    }
    answers.shift();
    now = Math.max(now, next.at);
    if (next.acceptedShare > 0) control.accepted(next.cost * next.acceptedShare, now);
    if (next.waitMs !== null) control.refused({ operations: next.operations, waitMs: next.waitMs + 1 }, now);
  }
  return {
    spentShare: spent / (bucket.flowed(now) + limit * burstSeconds),
    refusedShare: refused / requests,
    rates,
  };
}

describe.each([400, 1_000, 4_000, 20_000])('at %i request units a second', (limit) => {
  test.each<[string, Partial<Account>]>([
    ['that are known', { isKnown: true }],
    ['that are not known', {}],
    ['that are not known, where refusals tell no wait', { hasHints: false }],
    ['that are not known, when reading', { isRead: true }],
  ])('%s, nearly all is spent and little refused', (_what, account) => {
    const { spentShare, refusedShare } = run({ limit, ...account });
    expect(refusedShare).toBeLessThan(0.03);
    expect(spentShare).toBeGreaterThan(0.95);
  });
});

test('a limit that is halved is found again within seconds, and one that is raised within minutes', () => {
  const halved = run({ limit: 1_000, isKnown: true, limitAt: (seconds) => (seconds < 20 ? 1_000 : 500) });
  expect(halved.refusedShare).toBeLessThan(0.04);
  expect(halved.spentShare).toBeGreaterThan(0.95);
  expect(halved.rates[30]).toBeLessThan(580);
  const raised = run({
    limit: 1_000,
    isKnown: true,
    seconds: 240,
    limitAt: (seconds) => (seconds < 20 ? 1_000 : 3_000),
  });
  expect(raised.refusedShare).toBeLessThan(0.03);
  expect(raised.rates[200]).toBeGreaterThan(2_900);
});

test('refusals that have nothing to do with what is spent hardly bring the rate down', () => {
  for (const isRead of [false, true]) {
    const shares = [1, 2, 3, 4, 5, 6].map(
      (seed) => run({ limit: 1_000, isKnown: true, refusesAnyway: 0.01, isRead, seconds: 120, seed }).spentShare,
    );
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeGreaterThan(0.88);
  }
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const { spentShare } = run({ limit: 400, refusesAnyway: 0.01, isRead: true, seconds: 120, seed });
    expect(spentShare).toBeGreaterThan(0.8);
  }
});

test('a first refusal long before the limit does not end the search for it', () => {
  const control = new RateControl(400, false, 0);
  control.accepted(40, 100);
  control.refused({ operations: 10, waitMs: 10 }, 150);
  expect(control.rate).toBeLessThan(100);
  for (let now = 200; now < 12_000; now += 20) {
    if (control.waitMs(control.requestCost, now) > 0) continue;
    control.accepted(control.requestCost, now);
    control.take(control.requestCost);
  }
  expect(control.rate).toBeGreaterThan(800);
});

test('a batch that is refused as a whole where nothing was taken slows the pace far more than single commands do', () => {
  const [batches, commands] = [new RateControl(1_000, true, 0), new RateControl(1_000, true, 0)];
  for (let now = 310; now <= 5 * 310; now += 310) {
    batches.refused({ operations: 100, waitMs: 1 }, now);
    commands.refused({ operations: 1, waitMs: 1 }, now);
  }
  expect(batches.rate).toBeLessThan(200);
  expect(commands.rate).toBeGreaterThan(650);
});

test('a request dearer than the rate is paid off within seconds, whatever it was thought to cost', () => {
  const control = new RateControl(100, true, 0);
  control.take(50_000);
  const waitMs = control.waitMs(1, 0);
  // The dear one is not free of charge either.
  expect(waitMs).toBeGreaterThan(1_000);
  expect(waitMs).toBeLessThan(5_000);
});

test('what an account had saved up is not taken for what flows in', () => {
  const { rates, refusedShare } = run({ limit: 1_000, burstSeconds: 30, seconds: 120 });
  expect(refusedShare).toBeLessThan(0.05);
  for (const rate of rates.slice(40)) expect(rate).toBeLessThan(1_150);
});

test('without requests that wait the rate says nothing, and does not grow', () => {
  const control = new RateControl(1_000, false, 0);
  for (let now = 0; now < 60_000; now += 1_000) {
    expect(control.waitMs(5, now)).toBeLessThanOrEqual(0);
    control.take(5);
    control.accepted(5, now);
  }
  expect(control.rate).toBe(1_000);
});

test('a target without a limit gets one by its first refusal: what it took in the second before, and what it saved', () => {
  const control = new RateControl(Number.POSITIVE_INFINITY, false, 0);
  for (let now = 0; now < 10_000; now += 10) {
    expect(control.waitMs(1e9, now)).toBeLessThanOrEqual(0);
    control.accepted(20, now);
  }
  control.refused({ operations: 100, waitMs: 30 }, 10_000);
  expect(control.rate).toBeGreaterThan(1_500);
  expect(control.rate).toBeLessThan(2_100);
  expect(control.waitMs(100, 10_000)).toBeGreaterThanOrEqual(30);
});

test('what turns out cheaper is not counted as spent', () => {
  const [right, corrected] = [new RateControl(400, false, 0), new RateControl(400, false, 0)];
  for (let now = 0; now < 3_000; now += 100) {
    right.accepted(10, now);
    corrected.accepted(100, now);
    corrected.cheaper(90);
  }
  for (const control of [right, corrected]) control.refused({ operations: 1, waitMs: 1 }, 3_000);
  expect(corrected.rate).toBeCloseTo(right.rate, 5);
});
