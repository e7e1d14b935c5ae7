import { expect, test } from 'vitest';
import { type LaneInput, readLane } from '../../../src/contract/lane.ts';
import { REQUEST } from '../../orchestration/request.ts';

const LANE: LaneInput = {
  id: 'm',
  planStamp: 's',
  stallMinutes: 7,
  writer: null,
  notBefore: null,
  kind: 'copy',
  items: [],
  skip: [],
  since: null,
};

test('a lane of this release is read as it is', () => {
  expect(readLane(LANE)).toEqual(LANE);
});

test('a lane of before, which was told the whole request, keeps it for its steps', () => {
  const { stallMinutes: _, ...rest } = LANE;
  const request = { ...REQUEST, stallMinutes: 7 };
  expect(readLane({ ...rest, request })).toEqual({ ...LANE, request });
});
