import { expect, test } from 'vitest';
import { blobPaths } from '../../../src/runtime/blobPaths.ts';
import { earlierRuns, keepEarlierReport } from '../../../src/runtime/earlierReports.ts';
import { HubBlobs } from '../../../src/runtime/hubBlobs.ts';
import { completeStarts, latestStarts, recordStart } from '../../../src/runtime/startIndex.ts';
import { readWord, writeWord } from '../../../src/runtime/storedWord.ts';
import { putJson } from '../../../src/storage/blobStore.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const CANCEL = { word: 'cancel', at: '2026-11-27T12:00:00.000Z', by: null } as const;
const hubsOf = (
  account: MemoryBlobs,
  one: string | null,
  other: string | null = one,
): readonly [HubBlobs, HubBlobs] => [new HubBlobs(account, one), new HubBlobs(account, other)];

test.each([
  ['HubA', 'HubB'],
  ['MlflowMigrate', 'HubB'],
  [null, 'HubB'],
])(
  'of the hubs %s and %s on one account neither meets what the other keeps under the same name',
  async (one, other) => {
    const [a, b] = hubsOf(new MemoryBlobs(), one, other);
    for (const blobs of [a, b]) {
      await blobs.begin('lab', false);
      await recordStart(blobs, { id: 'lab', at: 1 });
      await completeStarts(blobs, []);
    }
    await recordStart(a, { id: 'only-a', at: 2 });
    await writeWord(b, 'lab', CANCEL);
    await putJson(b, blobPaths.report('lab', 'json'), { finishedAt: 'b' });
    expect((await readWord(a, 'lab')).word).toBe('run');
    expect(await a.get(blobPaths.report('lab', 'json'))).toBeNull();
    expect((await latestStarts(a))?.map(({ id }) => id)).toEqual(['only-a', 'lab']);
    expect((await latestStarts(b))?.map(({ id }) => id)).toEqual(['lab']);
    expect(await a.hold(blobPaths.startTurn())).not.toBeNull();
    expect(await b.hold(blobPaths.startTurn())).not.toBeNull();
    expect(await b.hold(blobPaths.startTurn())).toBeNull();
    await a.clear(blobPaths.all('lab'));
    expect(await b.list(blobPaths.all('lab'))).toHaveLength(2);
    await b.clear(blobPaths.all('lab'), { except: [blobPaths.control('lab')] });
    expect(await b.list(blobPaths.all('lab'))).toEqual([blobPaths.control('lab')]);
  },
);

test('the hub of the template keeps the paths that it had, and a hub is one in small and large letters', async () => {
  const account = new MemoryBlobs();
  const [plain, again] = hubsOf(account, 'MLFLOWMIGRATE', null);
  await plain.begin('lab', true);
  await plain.put('lab/x', 'content', 'text/plain');
  expect([...account.blobs.keys()]).toEqual(['lab/x']);
  expect(await again.get('lab/x')).toBe('content');
  const [large, small] = hubsOf(account, 'HubA', 'huba');
  await large.put('lab/y', 'content', 'text/plain');
  expect(await small.get('lab/y')).toBe('content');
});

/** An account on which a release of before hubs were told apart has run. */
async function upgraded(): Promise<MemoryBlobs> {
  const account = new MemoryBlobs();
  await putJson(account, blobPaths.plan('lab'), { version: 2 });
  await putJson(account, blobPaths.report('lab', 'json'), { finishedAt: 't2' });
  await account.put(blobPaths.report('lab', 'text'), 'the last', 'text/plain');
  await account.put(blobPaths.report(blobPaths.earlierRun('lab', 't1'), 'text'), 'the first', 'text/plain');
  return account;
}

test('a run that an earlier release began goes on with what it has stored', async () => {
  const account = await upgraded();
  const before = [...account.blobs.entries()];
  const [blobs] = hubsOf(account, 'HubA');
  expect(await blobs.get(blobPaths.plan('lab'))).toBe('{"version":2}');
  await writeWord(blobs, 'lab', CANCEL);
  expect(await readWord(blobs, 'lab')).toEqual(CANCEL);
  expect(await blobs.list(blobPaths.all('lab'))).toContain(blobPaths.plan('lab'));
  await blobs.clear(blobPaths.all('lab'));
  // What stands beside the prefix may be another app's.
  expect([...account.blobs.entries()]).toEqual(before);
});

test('started again it finds its earlier reports and nothing else of before', async () => {
  const [blobs, later] = hubsOf(await upgraded(), 'HubA', 'HubA');
  await blobs.begin('lab', true);
  const kept = await keepEarlierReport(blobs, 'lab');
  await blobs.clear(blobPaths.all('lab'), { except: kept });
  for (const one of [blobs, later]) {
    expect(await one.get(blobPaths.plan('lab'))).toBeNull();
    expect(await one.get(blobPaths.report('lab', 'json'))).toBeNull();
    expect(await earlierRuns(one, 'lab')).toEqual(['t2', 't1']);
    expect(await one.get(blobPaths.report(blobPaths.earlierRun('lab', 't1'), 'text'))).toBe('the first');
    expect(await one.get(blobPaths.report(blobPaths.earlierRun('lab', 't2'), 'text'))).toBe('the last');
  }
});

test('an app that has never had a run of that name takes no report of another app for its own', async () => {
  const [blobs] = hubsOf(await upgraded(), 'HubB');
  await blobs.begin('lab', false);
  expect(await keepEarlierReport(blobs, 'lab')).toEqual([]);
  expect(await blobs.get(blobPaths.report('lab', 'text'))).toBeNull();
});
