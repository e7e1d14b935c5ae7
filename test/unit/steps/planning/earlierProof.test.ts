import { expect, test } from 'vitest';
import type { MigrationRequest } from '../../../../src/contract/migrationRequest.ts';
import type { Ownership } from '../../../../src/contract/ownership.ts';
import type { SourceClock } from '../../../../src/contract/sourceClock.ts';
import type { SourceIdentity } from '../../../../src/contract/sourceIdentity.ts';
import { chosenIn, earlierProof, type SourceNow, scopeOf } from '../../../../src/steps/planning/earlierProof.ts';

const identity = {
  version: 1,
  system: '7',
  systemFrom: 'control-file',
  startedAt: null,
  databaseOid: '16384',
  database: 'mlflow',
  schema: 'public',
  workspace: null,
} as const satisfies SourceIdentity;
const request = {
  layout: 'tables',
  validate: 'full',
  tables: null,
  exclude: [],
  artifacts: [],
  workspace: null,
  shardKeys: {},
} as Partial<MigrationRequest> as MigrationRequest;
const clock = (transaction: number): SourceClock => ({
  transaction: String(transaction),
  next: String(transaction),
  at: null,
  position: null,
  isStandby: false,
  open: [],
  prepared: [],
});
const proof = {
  version: 1,
  scope: scopeOf(request, undefined),
  clock: clock(1_000),
  fingerprint: { runs: 'a', tags: 'b' },
  source: { timeline: '00000001', position: '1/F0' },
  tables: { runs: [5, 0, 0, 0, 0] },
  comparedFrom: '2026-11-28T00:00:00.000Z',
  comparedTo: '2026-11-28T00:00:10.000Z',
  migration: 'm',
};
const now: SourceNow = {
  identity,
  fingerprint: { runs: 'a', tags: 'b' },
  clock: clock(1_000),
  timeline: { timeline: '00000001', position: '1/F0' },
  totalRows: 100_000,
};

function owned(stored: unknown): Ownership {
  const text = typeof stored === 'string' ? stored : JSON.stringify(stored);
  const owner = { id: 'o', identity, layout: 'tables', versions: [], label: 'h', proof: text };
  return { target: 't', owners: [owner], collections: [], drop: null, throughput: null };
}

const { tables, comparedFrom, comparedTo } = proof;
const TAKEN_UP = { clock: proof.clock, tables, comparedFrom, comparedTo };

test('a proof is taken up where the source is the same, in one history with it, with the same tables', () => {
  expect(earlierProof(request, owned(proof), now)).toEqual(TAKEN_UP);
  const later = { ...now, clock: clock(5_000_000), timeline: { timeline: '00000001', position: 'A/0' } };
  expect(earlierProof(request, owned(proof), later)).toEqual(TAKEN_UP);
});

test.each<[string, Partial<MigrationRequest>, Ownership | null, Partial<SourceNow>]>([
  ['nothing was claimed', {}, null, {}],
  ['it cannot be read', {}, owned('{'), {}],
  ['it is of another version', {}, owned({ ...proof, version: 99 }), {}],
  ['it is of another shape', {}, owned({ ...proof, tables: 'all' }), {}],
  ['another source may look the same', {}, owned(proof), { identity: { ...identity, systemFrom: 'catalog' } }],
  ['another database is read', {}, owned(proof), { identity: { ...identity, databaseOid: '1' } }],
  ['another layout is asked for', { layout: 'mlflow' }, owned(proof), {}],
  ['other tables are asked for', { tables: ['runs'] }, owned(proof), {}],
  ['a table is to be left out', { exclude: ['runs'] }, owned(proof), {}],
  ['locations are to be mapped', { artifacts: [{ from: 's3://a', to: 'gs://b' }] }, owned(proof), {}],
  ['another workspace is asked for', { workspace: 'w' }, owned(proof), {}],
  ['other shard keys are asked for', { shardKeys: { runs: 'experiment_id' } }, owned(proof), {}],
  ['nothing is to be written', { dryRun: true }, owned(proof), {}],
  ['the run only compares', { validateOnly: true }, owned(proof), {}],
  ['not every row is to be compared', { validate: 'counts' }, owned(proof), {}],
  ['the target is to be emptied', { dropTarget: true }, owned(proof), {}],
  ['the target is taken over', { adoptTarget: true }, owned(proof), {}],
  ['the source does not say where it is', {}, owned(proof), { timeline: null }],
  ['the source has failed over', {}, owned(proof), { timeline: { timeline: '00000002', position: '1/F0' } }],
  ['the source was restored to before', {}, owned(proof), { timeline: { timeline: '00000001', position: '1/EF' } }],
  ['its transactions are before', {}, owned(proof), { clock: clock(999) }],
  ['row versions may have come round', {}, owned(proof), { clock: clock(1_000 + 2 ** 30) }],
  ['comparing all takes a second', {}, owned(proof), { totalRows: 99_999 }],
  ['a table is another', {}, owned(proof), { fingerprint: { runs: 'x', tags: 'b' } }],
  ['a table came', {}, owned(proof), { fingerprint: { runs: 'a', tags: 'b', spans: 'c' } }],
  ['a table went', {}, owned(proof), { fingerprint: { runs: 'a' } }],
])('a proof is void where %s', (_why, asked, ownership, source) => {
  expect(earlierProof({ ...request, ...asked }, ownership, { ...now, ...source })).toBeNull();
});

test('a proof of chosen experiments is told from one of all, whatever else was asked for', () => {
  const more = { exclude: ['runs'], shardKeys: { experiments: 'name' }, artifacts: [{ from: 's3://a', to: 'gs://b' }] };
  for (const of of [request, { ...request, ...more }]) {
    expect(chosenIn(scopeOf(of, undefined))).toBeNull();
    expect(chosenIn(scopeOf(of, { ids: ['1', '2'], besides: ['3'] }))).toEqual(['1', '2']);
  }
});
