import { expect, test } from 'vitest';
import { ChargeMeters } from '../../../src/target/chargeMeter.ts';

test('what was measured holds for its collection, and until that is measured too for the others', () => {
  const meters = new ChargeMeters();
  const [runs, tags] = [meters.writes('runs'), meters.writes('tags')];
  expect(runs.ratio).toBe(1);
  runs.measured(200, 100);
  expect([runs.ratio, tags.ratio, meters.reads('runs').ratio]).toEqual([2, 2, 1]);
  tags.measured(50, 100);
  expect([meters.writes('runs').ratio, meters.writes('tags').ratio]).toEqual([2, 0.5]);
});

test('a charge that is not told, and one of a request that was refused, change nothing', () => {
  const runs = new ChargeMeters().writes('runs');
  runs.measured(null, 100);
  runs.measured(30, 0);
  expect(runs.ratio).toBe(1);
});

test('one charge is asked for at a time, as it is that of the last request of one connection, and of each collection at once', () => {
  const meters = new ChargeMeters();
  expect(meters.writes('runs').takeSample()).toBe(true);
  expect(meters.reads('runs').takeSample()).toBe(false);
  expect(meters.writes('tags').takeSample()).toBe(false);
  meters.writes('runs').measured(10, 10);
  expect(meters.writes('runs').takeSample()).toBe(false);
  expect(meters.writes('tags').takeSample()).toBe(true);
});
