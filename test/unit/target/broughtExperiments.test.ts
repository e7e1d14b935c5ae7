import { expect, test } from 'vitest';
import type { CollectionClaim, Owner, Ownership } from '../../../src/contract/ownership.ts';
import { withoutOthers } from '../../../src/target/broughtExperiments.ts';

const claim = (name: string, owner = 'a', more: Partial<CollectionClaim> = {}): CollectionClaim => ({
  name,
  owner,
  since: '',
  heldOthers: false,
  writer: null,
  shardKey: null,
  ...more,
});
const owners = [{ id: 'a' }, { id: 'b', experiments: ['9'] }] as unknown as Owner[];
const RUN = new Set(['runs', 'tags']);
const CARRIED = { ids: ['10', '2'], unrelated: new Set(['webhooks']) };

function heldAfter(...more: CollectionClaim[]): Ownership['owners'][number]['experiments'][] {
  const collections = [claim('runs'), claim('tags'), ...more];
  const ownership: Ownership = { target: 't', owners, collections, drop: null, throughput: null };
  return withoutOthers(ownership, RUN, CARRIED).map(({ experiments }) => experiments);
}

test('an owner holds what its collections hold, and other owners hold what they did', () => {
  expect(heldAfter()).toEqual([['2', '10'], ['9']]);
  expect(heldAfter(claim('webhooks'), claim('params', 'b'))).toEqual([['2', '10'], ['9']]);
});

test('further collections that a choice carries may hold more, and so may those from which nothing is deleted', () => {
  expect(heldAfter(claim('params'))).toEqual([undefined, ['9']]);
  const ownership: Ownership = {
    ...{ target: 't', owners, drop: null, throughput: null },
    collections: [claim('runs', 'a', { heldOthers: true }), claim('tags')],
  };
  expect(withoutOthers(ownership, RUN, CARRIED)).toEqual(owners);
});
