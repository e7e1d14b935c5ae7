import { expect, test } from 'vitest';
import { partitionsOf, RequestUnitService } from '../../../../bench/simulate/requestUnitService.ts';

test('partitions follow from throughput and size, whichever wants more', () => {
  expect(partitionsOf(400, 1e9)).toBe(1);
  expect(partitionsOf(100_000, 1e9)).toBe(10);
  expect(partitionsOf(10_000, 1e12)).toBe(20);
});

test('a full partition takes a second’s request units, then refuses and says when it takes again', () => {
  const service = new RequestUnitService(1_000, 1, 0);
  expect(service.take(0, 150, 10, 0)).toEqual({ taken: 100, retryAfterMs: 1 });
  expect(service.take(0, 10, 10, 0)).toEqual({ taken: 0, retryAfterMs: 1 });
  expect(service.take(0, 1, 300, 10)).toEqual({ taken: 1, retryAfterMs: 0 });
  expect(service.take(0, 1, 10, 10)).toEqual({ taken: 0, retryAfterMs: 290 });
});

test('partitions do not lend to each other', () => {
  const service = new RequestUnitService(2_000, 2, 0);
  expect(service.take(0, 200, 10, 0).taken).toBe(100);
  expect(service.take(1, 200, 10, 0).taken).toBe(100);
});
