import { beforeEach, expect, test } from 'vitest';
import type { MigrationList } from '../../../src/contract/migrationStatus.ts';
import { ListState } from '../../../src/monitor/listState.ts';
import { placeOf } from '../../../src/monitor/place.ts';

const UNDER_WAY = 'pending,running,suspending,suspended,resuming,cancelling,interrupted';
let state: ListState;
let asked: Readonly<Record<string, string>>[];
let next: string | null;

beforeEach(() => {
  state = new ListState();
  asked = [];
  next = null;
});

async function load(): Promise<void> {
  asked = [];
  const list = async (query: Readonly<Record<string, string>> = {}): Promise<MigrationList> => {
    asked.push(query);
    return { migrations: [], next };
  };
  await state.load({ list });
}

test('those under way are asked for by themselves, dry runs only where they are unfolded', async () => {
  await load();
  expect(asked).toEqual([{ status: UNDER_WAY }, { kind: 'migration,comparison,return' }]);
  state.showsDryRuns = true;
  await load();
  expect(asked[2]).toEqual({ kind: 'analysis' });
});

test('a search and a status hold for pages and dry runs, and not for what is under way', async () => {
  state.search = 'lab';
  state.status = 'wrong';
  await load();
  const status = 'completed-with-errors,failed,interrupted';
  expect(asked).toEqual([{ status: UNDER_WAY }, { kind: 'migration,comparison,return', search: 'lab', status }]);
  expect(state.isPart).toBe(true);
});

test('page after page, and back', async () => {
  next = '/api/migrations?after=1.a&kind=migration';
  await load();
  expect([state.hasNewer, state.hasOlder]).toEqual([false, true]);
  state.older();
  next = null;
  await load();
  expect(asked[1]).toEqual({ kind: 'migration,comparison,return', after: '1.a' });
  expect([state.hasNewer, state.hasOlder]).toEqual([true, false]);
  state.older();
  state.newer();
  await load();
  expect(asked[1]).toEqual({ kind: 'migration,comparison,return' });
});

test.each([
  ['', { what: 'list' }],
  ['#/', { what: 'list' }],
  ['#/new', { what: 'new' }],
  ['#lab', { what: 'migration', id: 'lab' }],
  ['#a%23%2F%3F', { what: 'migration', id: 'a#/?' }],
  ['#%zz', { what: 'migration', id: '%zz' }],
])('the address %s leads to %j', (hash, place) => {
  expect(placeOf(hash)).toEqual(place);
});
