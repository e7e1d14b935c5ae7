import { expect, test } from 'vitest';
import type { DatabaseOffer } from '../../../src/contract/plan.ts';
import { describeOffer, leastShared, throughputRefusal } from '../../../src/plan/databaseOffer.ts';

const offer = (kind: DatabaseOffer['kind'], more: Partial<DatabaseOffer> = {}): DatabaseOffer => ({
  kind,
  shared: null,
  collections: 71,
  added: 71,
  ...more,
});
const shared = (value: number, isAutoscale: boolean, collections = 71) =>
  offer('shared', { shared: { value, isAutoscale }, collections });

test('the least that a database shares grows by a step for each collection over 25', () => {
  expect(leastShared(1)).toEqual({ manual: 400, autoscale: 1_000 });
  expect(leastShared(25)).toEqual({ manual: 400, autoscale: 1_000 });
  expect(leastShared(26)).toEqual({ manual: 500, autoscale: 2_000 });
  expect(leastShared(71)).toEqual({ manual: 5_000, autoscale: 47_000 });
});

test('collections that are paid for one by one are told with their sum, and what sharing takes', () => {
  expect(describeOffer(offer('own'))).toBe(
    'The database has no shared throughput: 71 collections to be made with 400 RU/s each, 28,400 RU/s in all. A database with shared throughput needs at least 5,000 RU/s, or 47,000 RU/s as autoscale, which costs a tenth when idle, for 71 collections',
  );
  expect(describeOffer(offer('unknown'))).toMatch(
    /^If the database has no shared throughput, 71 collections get 400 RU\/s each, 28,400 RU\/s in all; one with shared throughput needs at least 5,000 RU\/s, or 47,000/,
  );
  expect(describeOffer(offer('unknown', { added: 0 }))).toBe('');
  expect(describeOffer(offer('own', { added: 0 }))).not.toContain('to be made');
  expect(describeOffer(offer('serverless'))).toContain('serverless');
});

test('shared throughput that is too little for its collections is told, in its own kind', () => {
  expect(describeOffer(shared(41_000, true))).toBe(
    'The shared throughput is 41,000 RU/s as autoscale, and 71 collections take at least 47,000 RU/s: the account may refuse to make them',
  );
  expect(describeOffer(shared(4_900, false))).toContain('take at least 5,000 RU/s');
  for (const enough of [shared(47_000, true), shared(5_000, false), shared(41_000, true, 65)]) {
    expect(describeOffer(enough)).toBe('');
  }
});

test('what is paid for one by one is asked for, unless it was allowed or there is nothing to make', () => {
  const refusal = throughputRefusal(offer('own'), null, 'host:10255/db');
  expect(refusal?.kind).toBe('throughput-needs-consent');
  expect(refusal?.message).toContain('71 collections with 400 RU/s each, 28,400 RU/s in all');
  expect(refusal?.hint).toContain('maxThroughput: 47000');
  expect(refusal?.hint).toContain('allow_throughput 28400');
  expect(throughputRefusal(offer('own'), 28_399, 'd')?.kind).toBe('throughput-needs-consent');
  const fine: (readonly [DatabaseOffer, number | 'all' | null])[] = [
    [offer('own'), 28_400],
    [offer('own'), 'all'],
    [offer('own', { added: 0 }), null],
    [offer('serverless'), null],
    [offer('unknown'), null],
    [shared(400, false), null],
  ];
  for (const [found, allowed] of fine) expect(throughputRefusal(found, allowed, 'd')).toBeNull();
});
