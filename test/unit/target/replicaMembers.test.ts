import type { ServerDescription, TopologyDescription } from 'mongodb';
import { afterEach, expect, test, vi } from 'vitest';
import { ReplicaMembers } from '../../../src/target/replicaMembers.ts';

afterEach(() => void vi.restoreAllMocks());

function topology(
  types: readonly ServerDescription['type'][],
  type: TopologyDescription['type'] = 'ReplicaSetWithPrimary',
) {
  const servers = types.map((one, at) => [`h${at}:27017`, { address: `h${at}:27017`, type: one }] as const);
  return { type, servers: new Map(servers) } as unknown as TopologyDescription;
}

function seen(...topologies: TopologyDescription[]): ReplicaMembers {
  const members = new ReplicaMembers();
  const begun = performance.now();
  const now = vi.spyOn(performance, 'now').mockReturnValue(begun);
  for (const one of topologies) members.see(one);
  now.mockReturnValue(begun + 61_000);
  return members;
}

test('a member that does not answer is named, and for how long', () => {
  const all = topology(['RSPrimary', 'RSSecondary', 'RSSecondary']);
  expect(seen(all).silence).toBeNull();
  const members = seen(all, topology(['RSPrimary', 'RSSecondary', 'Unknown']));
  expect(members.silence).toBe('of the members of its replica set there is no answer from h2:27017 (for 61 s)');
  expect(members.withoutMajorityMs).toBe(0);
  members.see(all);
  expect(members.silence).toBeNull();
});

test('a member that was taken out of the set is not missed', () => {
  const members = seen(topology(['RSPrimary', 'RSSecondary', 'Unknown']), topology(['RSPrimary', 'RSSecondary']));
  expect(members.silence).toBeNull();
});

test.each([
  ['an arbiter makes no majority of data', ['RSPrimary', 'Unknown', 'RSArbiter'], 61_000],
  ['two of three do', ['RSPrimary', 'RSSecondary', 'Unknown'], 0],
  ['one of one does', ['RSPrimary'], 0],
] as const)('%s', (_name, types, expected) => {
  expect(seen(topology(types)).withoutMajorityMs).toBe(expected);
});

test('a single server and mongos have no members', () => {
  for (const [type, server] of [
    ['Single', 'Standalone'],
    ['Sharded', 'Mongos'],
  ] as const) {
    const members = seen(topology([server], type), topology(['Unknown'], 'Unknown'));
    expect([members.silence, members.withoutMajorityMs]).toEqual([null, 0]);
  }
});
