import { expect, test } from 'vitest';
import {
  isKnownOwnership,
  type Owner,
  type Ownership,
  ownerId,
  ownershipVersion,
  type Writer,
} from '../../../src/contract/ownership.ts';
import { IDENTITY_VERSION, type SourceIdentity } from '../../../src/contract/sourceIdentity.ts';
import type { MigrationError } from '../../../src/errors.ts';
import type { ClaimGround, ClaimRequest } from '../../../src/target/claimGround.ts';
import { planClaim } from '../../../src/target/planClaim.ts';

const identity = (change: Partial<SourceIdentity> = {}): SourceIdentity => ({
  version: IDENTITY_VERSION,
  system: '7300000000000000001',
  systemFrom: 'control-file',
  startedAt: null,
  databaseOid: '16384',
  database: 'mlflow',
  schema: 'public',
  schemaOid: '2200',
  workspace: null,
  ...change,
});

const request = (change: Partial<ClaimRequest> = {}): ClaimRequest => ({
  identity: identity(),
  layout: 'tables',
  versions: ['r1'],
  label: 'one:5432/mlflow',
  migration: 'm',
  run: 'run 1',
  collections: ['runs', 'tags'].map((name) => ({ name, shardKey: null })),
  isReadOnly: false,
  allowExisting: false,
  adoptTarget: false,
  isWrittenLater: false,
  dropTarget: false,
  ...change,
});

const ground = (change: Partial<ClaimGround> = {}): ClaimGround => ({
  display: 'host:27017/target',
  ownership: null,
  isLegacy: false,
  isLegacyShared: false,
  filled: new Set(),
  ids: new Map(),
  writers: [],
  ...change,
});

let tokens = 0;
const plan = (of: ClaimRequest, on: ClaimGround) => planClaim(of, on, '2026-01-01T00:00:00.000Z', () => `t${++tokens}`);
/** The record after a run that has made its collections and ended. */
const after = (of: ClaimRequest, on: ClaimGround): Ownership => {
  const { next } = plan(of, on);
  const collections = next.collections.map(({ toBeMade: _toBeMade, ...claim }) => ({ ...claim, writer: null }));
  return { ...next, collections };
};
const owned = after(request(), ground());

test('an earlier state of the same source is refused, until it is asked for', () => {
  const at = (position: string, change: Partial<ClaimRequest> = {}) =>
    request({ reached: { position, at: '2026-01-01T00:00:00.000Z' }, ...change });
  const known = after(at('1/F'), ground());
  const reachedBy = (of: ClaimRequest) => plan(of, ground({ ownership: known })).next.owners[0]?.reached?.position;
  expect(() => plan(at('0/FFFFFFFF'), ground({ ownership: known }))).toThrow(
    'it has got to 0/FFFFFFFF of 2026-01-01T00:00:00.000Z, the target to 1/F',
  );
  expect(reachedBy(at('1/F'))).toBe('1/F');
  expect(reachedBy(at('1/10'))).toBe('1/10');
  expect(reachedBy(request())).toBe('1/F');
  expect(reachedBy(at('0/1', { adoptTarget: true }))).toBe('0/1');
  expect(reachedBy(at('0/1', { isReadOnly: true }))).toBe('1/F');
});

test('a collection keeps the version of its ids as long as it keeps its documents', () => {
  const wanting = (change: Partial<ClaimRequest> = {}) =>
    request({ collections: [{ name: 'runs', shardKey: null, ids: 2 }], ...change });
  const claimOf = (of: ClaimRequest, on: ClaimGround) =>
    plan(of, on).next.collections.find(({ name }) => name === 'runs');
  expect(claimOf(wanting(), ground())).toMatchObject({ ids: 2 });
  expect(claimOf(request(), ground())).not.toHaveProperty('ids');
  expect(claimOf(wanting(), ground({ ownership: owned }))).not.toHaveProperty('ids');
  const newer = after(wanting(), ground());
  expect(claimOf(wanting(), ground({ ownership: newer }))).toMatchObject({ ids: 2 });
  expect(claimOf(request(), ground({ ownership: newer }))).toMatchObject({ ids: 2 });
  // Until it is emptied, what stands there is not what the claim says.
  const emptied = claimOf(wanting({ dropTarget: true }), ground({ ownership: owned }));
  expect(emptied).toMatchObject({ ids: 2, toBeMade: true });
  expect(claimOf(wanting({ dropTarget: true }), ground({ ownership: newer }))).not.toHaveProperty('toBeMade');
});

test('a record is of the lowest version that says all of it', () => {
  expect(ownershipVersion(owned)).toBe(2);
  const newer = after(request({ collections: [{ name: 'runs', shardKey: null, ids: 2 }] }), ground());
  expect(ownershipVersion(newer)).toBe(3);
  expect([1, 2, 3, 4, '3', undefined].filter(isKnownOwnership)).toEqual([2, 3]);
});

test('the same source in another layout is told as that, and what to do', () => {
  const other = () => plan(request({ layout: 'mlflow' }), ground({ ownership: owned }));
  expect(other).toThrow(
    'The target host:27017/target holds a migration of this source in the layout tables in runs, tags; the layout asked for is mlflow',
  );
  expect(other).not.toThrow(/another source/);
  expect(() => plan(request({ layout: 'mlflow', dropTarget: true }), ground({ ownership: owned }))).not.toThrow();
});

test.each([
  ['system', { system: '7300000000000000002' }],
  ['oid', { databaseOid: '16385' }],
  ['name of the database', { database: 'other' }],
  ['schema', { schema: 'team_b' }],
  ['schema of the same name', { schemaOid: '17001' }],
  ['workspace', { workspace: 'team-a' }],
] as const)('another %s is another owner, and both are named', (_what, change) => {
  const other = request({ identity: identity(change), label: 'two:5432/mlflow' });
  for (const more of [{}, { allowExisting: true }])
    expect(() => plan({ ...other, ...more }, ground({ ownership: owned }))).toThrow(
      expect.objectContaining({
        kind: 'target-not-empty',
        message: expect.stringMatching(/one:5432\/mlflow: .*this source is two:5432\/mlflow/),
      }),
    );
});

test('a record without the oid of the schema is taken for its own once, and tells by it from then on', () => {
  const { schemaOid: _schemaOid, ...before } = identity();
  const old = after(request({ identity: before }), ground());
  const renewed = after(request(), ground({ ownership: old }));
  expect(renewed.collections).toEqual(old.collections);
  expect(renewed.owners).toEqual([{ ...old.owners[0], identity: identity() }]);
  const swapped = request({ identity: identity({ schemaOid: '17001' }) });
  expect(() => plan(swapped, ground({ ownership: renewed }))).toThrow(
    /schema public \(oid 2200\).*this source is .*schema public \(oid 17001\)/,
  );
  // A plan that was stored before goes on, and takes nothing away.
  expect(after(request({ identity: before }), ground({ ownership: renewed }))).toEqual(renewed);
  // Beside it the other one is an owner of its own.
  const beside = { ...swapped, collections: [{ name: 'params', shardKey: null }] };
  expect(after(beside, ground({ ownership: renewed })).owners).toHaveLength(2);
  const adopted = after({ ...swapped, adoptTarget: true }, ground({ ownership: renewed }));
  expect(adopted.owners.map((owner) => owner.identity.schemaOid)).toEqual(['17001']);
});

test('another layout is another owner; another address and an unsure way of telling are not', () => {
  expect(() => plan(request({ layout: 'mlflow' }), ground({ ownership: owned }))).toThrow(
    /layout tables.*asked for is mlflow/,
  );
  // One collection holds one layout; those that do not meet may stand in one database (README, Limits).
  const params = request({ layout: 'mlflow', collections: [{ name: 'params', shardKey: null }] });
  expect(after(params, ground({ ownership: owned })).collections.map(({ name }) => name)).toContain('params');
  const { next } = plan(request({ label: 'elsewhere:6432/mlflow' }), ground({ ownership: owned }));
  expect(next.owners).toEqual(owned.owners);
});

test('the same claim again is the same record, and keeps since when', () => {
  const again = after(request({ run: 'run 2' }), ground({ ownership: owned, filled: new Set(['runs']) }));
  expect(again).toEqual(owned);
});

test('collections of others are left as they are, and owners without any go', () => {
  const registry = request({
    identity: identity({ databaseOid: '2' }),
    collections: [{ name: 'registered_models', shardKey: null }],
  });
  const both = after(registry, ground({ ownership: owned }));
  expect(both.collections.map(({ name }) => name)).toEqual(['registered_models', 'runs', 'tags']);
  expect(both.owners).toHaveLength(2);
  const adopted = after(
    { ...registry, collections: request().collections, adoptTarget: true },
    ground({ ownership: owned }),
  );
  expect(adopted.owners.map(({ id }) => id)).toEqual([ownerId(registry.identity, 'tables')]);
});

test('what held other documents when it was claimed is shared for good, unless it is emptied', () => {
  const filled = ground({ filled: new Set(['tags']) });
  expect(() => plan(request(), filled)).toThrow(/already holds other data in tags/);
  const shared = after(request({ allowExisting: true }), filled);
  expect(shared.collections.map(({ name, heldOthers }) => [name, heldOthers])).toEqual([
    ['runs', false],
    ['tags', true],
  ]);
  expect(after(request(), ground({ ownership: shared })).collections[1]?.heldOthers).toBe(true);
  expect(after(request({ dropTarget: true }), ground({ ownership: shared })).collections[1]?.heldOthers).toBe(false);
  const later = after(request({ isWrittenLater: true }), ground({ ownership: owned }));
  expect(later.collections.every(({ heldOthers }) => heldOthers)).toBe(true);
});

test('what 0.1.0 has filled is taken over by the word of the operator only, and stays shared where it was', () => {
  const legacy = ground({ isLegacy: true, filled: new Set(['runs']) });
  expect(() => plan(request(), legacy)).toThrow(/filled by version 0\.1\.0/);
  expect(after(request({ adoptTarget: true }), legacy).collections[0]?.heldOthers).toBe(false);
  const wasShared = { ...legacy, isLegacyShared: true };
  expect(after(request({ adoptTarget: true }), wasShared).collections[0]?.heldOthers).toBe(true);
  expect(after(request({ allowExisting: true }), legacy).collections[0]?.heldOthers).toBe(true);
});

test('of two runs one writes: another is refused whatever it may, a dead one is replaced, and the same one gets its token', () => {
  const first = plan(request(), ground());
  const writer: Writer = { token: first.token, migration: 'm', run: 'run 1', heardAt: '2026-01-01T00:00:05.000Z' };
  const busy = ground({ ownership: first.next, writers: [writer] });
  for (const more of [{}, { allowExisting: true }, { dropTarget: true }, { adoptTarget: true }]) {
    for (const [migration, who] of [
      ['m', /^Another run named m is writing to the target .*; it was last heard of at 2026/],
      ['n', /^The migration m is writing to the target /],
    ] as const)
      expect(() => plan(request({ ...more, migration, run: 'run 2' }), busy)).toThrow(
        expect.objectContaining({ kind: 'target-in-use', message: expect.stringMatching(who) }),
      );
  }
  expect(plan(request(), busy).token).toBe(first.token);
  // Whoever looks leaves the dead ones of the same name out.
  const taken = plan(request({ run: 'run 2' }), ground({ ownership: first.next }));
  expect(taken.token).not.toBe(first.token);
  expect(taken.replaced).toEqual([first.token]);
  // Collections of its own are nobody's business.
  const elsewhere = request({ migration: 'n', collections: [{ name: 'params', shardKey: null }] });
  expect(plan(elsewhere, busy).next.collections).toHaveLength(3);
});

test('a collection that was dropped and filled by others is not covered by its claim any more', () => {
  const claims = owned.collections.map((claim) => (claim.name === 'tags' ? { ...claim, uuid: 'first' } : claim));
  const record = { ...owned, collections: claims };
  const another = { ownership: record, ids: new Map([['tags', 'second']]) };
  // Whoever was only dropped, or made anew and is empty, is filled again.
  expect(after(request(), ground({ ownership: record })).collections[1]?.heldOthers).toBe(false);
  expect(after(request(), ground(another)).collections[1]).toMatchObject({ heldOthers: false, uuid: 'second' });
  const filled = ground({ ...another, filled: new Set(['tags']) });
  expect(() => plan(request(), filled)).toThrow(/already holds other data in tags$/);
  const beside = after(request({ allowExisting: true }), filled).collections;
  expect(beside.map(({ name, heldOthers, strangers }) => [name, heldOthers, strangers])).toEqual([
    ['runs', false, undefined],
    ['tags', true, true],
  ]);
  expect(beside[1]).toMatchObject({ uuid: 'second', since: '2026-01-01T00:00:00.000Z' });
  expect(after(request({ dropTarget: true }), filled).collections[1]).not.toHaveProperty('uuid');
  // Nobody knows any more what it was when a run that filled it did not end.
  const open = { ...record, collections: owned.collections };
  expect(() => plan(request(), ground({ ...another, ownership: open, filled: new Set(['tags']) }))).not.toThrow();
});

test('what is found in a collection that its run had still to make or to empty is not its own', () => {
  const marked = (of: ClaimRequest, on: ClaimGround) => plan(of, on).next.collections.map(({ toBeMade }) => toBeMade);
  const both = new Set(['runs', 'tags']);
  expect(marked(request(), ground())).toEqual([true, true]);
  expect(marked(request(), ground({ ownership: owned }))).toEqual([undefined, undefined]);
  expect(marked(request({ allowExisting: true }), ground({ filled: new Set(['tags']) }))).toEqual([true, undefined]);
  const cutShort = plan(request(), ground()).next;
  // The same source again, and nothing has come meanwhile.
  expect(marked(request({ run: 'run 2' }), ground({ ownership: cutShort }))).toEqual([true, true]);
  for (const dropped of [cutShort, plan(request({ dropTarget: true }), ground({ filled: both })).next]) {
    const meanwhile = ground({ ownership: dropped, filled: both });
    expect(() => plan(request({ run: 'run 2' }), meanwhile)).toThrow(/already holds other data in runs, tags$/);
    const beside = plan(request({ run: 'run 2', allowExisting: true }), meanwhile).next.collections;
    expect(beside.every(({ heldOthers, toBeMade }) => heldOthers && toBeMade === undefined)).toBe(true);
  }
  // What was its own before is its own until it is emptied; what others brought, or held, is not.
  const emptying = request({ dropTarget: true });
  expect(marked(emptying, ground({ ownership: owned }))).toEqual([undefined, undefined]);
  expect(marked({ ...emptying, layout: 'mlflow' }, ground({ ownership: owned }))).toEqual([true, true]);
  const shared = after(request({ allowExisting: true }), ground({ filled: new Set(['tags']) }));
  expect(marked(emptying, ground({ ownership: shared }))).toEqual([undefined, true]);
});

test('the id that a run has noted of its collection stays, whatever stands there when its claim comes again', () => {
  const first = plan(request(), ground());
  const noted = first.next.collections.map(({ toBeMade: _toBeMade, ...claim }) => ({ ...claim, uuid: 'made' }));
  const writers = [{ token: first.token, migration: 'm', run: 'run 1', heardAt: '2026-01-01T00:00:05.000Z' }];
  const again = ground({
    ownership: { ...first.next, collections: noted },
    ids: new Map([['tags', 'other']]),
    writers,
  });
  for (const more of [{}, { dropTarget: true }])
    expect(plan(request(more), again).next.collections.map(({ uuid }) => uuid)).toEqual(['made', 'made']);
  expect(() => plan(request(), { ...again, filled: new Set(['tags']) })).toThrow(/already holds other data in tags$/);
});

test("documents of unknown origin stay marked, later writes of the layout's reader are none", () => {
  const shared = after(request({ allowExisting: true }), ground({ filled: new Set(['tags']) }));
  const marked = (of: Ownership) => of.collections.map(({ strangers }) => strangers);
  expect(marked(shared)).toEqual([undefined, true]);
  expect(marked(after(request(), ground({ ownership: shared })))).toEqual([undefined, true]);
  const later = request({ isWrittenLater: true, allowExisting: true });
  expect(marked(after(later, ground({ ownership: shared })))).toEqual([undefined, true]);
  expect(marked(after(later, ground({ ownership: owned })))).toEqual([undefined, undefined]);
  expect(marked(after(request({ dropTarget: true }), ground({ ownership: shared })))).toEqual([undefined, undefined]);
});

test('up to when the source has made what it brought is remembered, whatever vanishes there', () => {
  const of = (newest: string | null) => request({ collections: [{ name: 'runs', shardKey: null, newest }] });
  const newest = (record: Ownership) => record.collections[0]?.newest;
  const first = after(of('900'), ground());
  expect(newest(first)).toBe('900');
  expect(newest(after(of('80'), ground({ ownership: first })))).toBe('900');
  expect(newest(after(of('1000'), ground({ ownership: first })))).toBe('1000');
  expect(newest(after(of(null), ground({ ownership: first })))).toBe('900');
  expect(newest(after(of(null), ground()))).toBeUndefined();
});

const brought = ({ owners }: Ownership) => owners.map(({ experiments }) => experiments);

test('the experiments of a claim are kept, grow, and are refused where some are left out', () => {
  const one = after(request({ experiments: ['1', '10'] }), ground());
  expect(brought(one)).toEqual([['1', '10']]);
  const grown = after(request({ experiments: ['1', '2', '10'] }), ground({ ownership: one }));
  expect(brought(grown)).toEqual([['1', '2', '10']]);
  expect(() => plan(request({ experiments: ['2'] }), ground({ ownership: grown }))).toThrow(
    'holds the experiments 1, 10 too of this source, and --experiments asks for 2 alone',
  );
  expect(brought(plan(request(), ground({ ownership: grown })).next)).toEqual([undefined]);
});

test('what was brought as a whole is no choice any more', () => {
  const ownership = after(request(), ground());
  expect(() => plan(request({ experiments: ['1'] }), ground({ ownership }))).toThrow(
    'holds all experiments of this source',
  );
});

test('who consents to deletions may choose fewer, and those of before are not forgotten', () => {
  const ownership = after(request({ experiments: ['1', '2'] }), ground());
  const fewer = request({ experiments: ['2'], mayLoseExperiments: true });
  expect(brought(plan(fewer, ground({ ownership })).next)).toEqual([['1', '2']]);
  // What is ordered to be emptied is still there.
  const emptied = request({ experiments: ['2'], dropTarget: true });
  expect(brought(plan(emptied, ground({ ownership })).next)).toEqual([['1', '2']]);
});

test('who only compares is told what to ask for, as no consent to deletions helps it', () => {
  const hintOf = (before: Partial<ClaimRequest>) => {
    const comparison = request({ experiments: ['2'], isReadOnly: true, isComparison: true });
    try {
      plan(comparison, ground({ ownership: after(request(before), ground()) }));
    } catch (error) {
      return (error as MigrationError).hint;
    }
    return null;
  };
  expect(hintOf({})).toBe('Compare all that the target holds: leave --experiments out');
  expect(hintOf({ experiments: ['1', '2'] })).toBe('Compare all that the target holds: --experiments 1,2');
  expect(hintOf({ experiments: Array.from({ length: 21 }, (_, id) => String(id)) })).toMatch(/all 21 experiments/);
});

test('a choice in collections of its own is as free as in another target, but for its owner', () => {
  const ownership = after(request({ experiments: ['1'] }), ground());
  const other = request({ experiments: ['2'], collections: [{ name: 'params', shardKey: null }] });
  expect(brought(plan(other, ground({ ownership })).next)).toEqual([['1', '2']]);
});

test('a run without a map that takes some collections only leaves the map of the others on record', () => {
  const artifacts = [{ from: 's3://a', to: 'gs://b' }];
  const ownership = after(request({ artifacts }), ground());
  const some = after(request({ collections: [{ name: 'tags', shardKey: null }] }), ground({ ownership }));
  expect(some.owners[0]?.artifacts).toEqual(artifacts);
  expect(after(request(), ground({ ownership: some })).owners[0]?.artifacts).toBeUndefined();
});

test('what was proven under one map of artifact locations is not under another', () => {
  const artifacts = [{ from: 's3://a', to: 'gs://b' }];
  const [first] = after(request({ artifacts }), ground()).owners;
  const proven: Ownership = { ...owned, owners: [{ ...(first as Owner), proof: '{}' }] };
  const ownerOf = (of: ClaimRequest) => plan(of, ground({ ownership: proven })).next.owners[0];
  expect(ownerOf(request({ artifacts }))).toMatchObject({ artifacts, proof: '{}' });
  expect(ownerOf(request({ artifacts: [{ from: 's3://a', to: 'gs://c' }] }))?.proof).toBeUndefined();
  expect(Object.keys(ownerOf(request()) ?? {})).not.toEqual(expect.arrayContaining(['proof']));
  expect(Object.keys(ownerOf(request()) ?? {})).not.toEqual(expect.arrayContaining(['artifacts']));
});
