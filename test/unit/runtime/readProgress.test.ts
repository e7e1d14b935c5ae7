import { expect, test } from 'vitest';
import type { MigrateOutput } from '../../../src/contract/migration.ts';
import type { Phase } from '../../../src/contract/migrationStatus.ts';
import { PLAN_SUMMARY, type PlanSummary } from '../../../src/contract/plan.ts';
import { PROGRESS } from '../../../src/contract/progress.ts';
import { blobPaths } from '../../../src/runtime/blobPaths.ts';
import { readProgress, readReached } from '../../../src/runtime/readProgress.ts';
import { getRecord, putRecord } from '../../../src/runtime/records.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const SUMMARY: PlanSummary = { source: 's', target: 't', tableRows: { runs: 100 }, isValidated: true };
const OUTPUT: MigrateOutput = {
  status: 'cancelled',
  startedAt: '2026-11-27T12:00:00.000Z',
  finishedAt: '2026-11-27T12:01:00.000Z',
  source: 's',
  target: 't',
  tables: { runs: { total: 100, migrated: 100, unchanged: 0, errors: 0, repaired: 0 } },
  // What was compared is claimed of a run only that came to its end.
  validated: { runs: 0 },
  throttled: 0,
  requestUnits: null,
  problems: [],
  endedIn: 'validate',
};

async function blobsWith(copied: number, validated: number, summary: PlanSummary = SUMMARY): Promise<MemoryBlobs> {
  const blobs = new MemoryBlobs();
  await putRecord(blobs, 'lab/state/summary.json', PLAN_SUMMARY, summary);
  await putRecord(blobs, 'lab/state/progress/p.json', PROGRESS, {
    copied: { runs: copied },
    validated: { runs: validated },
    errors: {},
    open: { copied: {}, validated: {}, errors: {} },
    bytes: 0,
    throttled: 0,
    requestUnits: 0,
    rowsPerSecond: 0,
    bytesPerSecond: 0,
    updatedAt: '',
  });
  return blobs;
}
const percentOf = async (blobs: MemoryBlobs, output: MigrateOutput | null = null) =>
  (await readProgress(blobs, 'lab', { phase: 'copy', output, nowMs: 0 })).percent;

test('once all indexes are there that are made beside the comparison, it is the comparison that goes on', async () => {
  const phases = { copy: 1, indexes: 1, validate: 1, indexedCollections: 1 };
  const blobs = await blobsWith(100, 60, { ...SUMMARY, phases });
  const look = () => readProgress(blobs, 'lab', { phase: 'indexes', output: null, nowMs: 0 });
  expect(await look()).toMatchObject({ phase: 'indexes', percent: 53, indexes: { done: 0, total: 1 } });
  const part = await getRecord(blobs, 'lab/state/progress/p.json', PROGRESS);
  if (part === null) throw new Error('Nothing is stored');
  await putRecord(blobs, 'lab/state/progress/p.json', PROGRESS, { ...part, indexed: { runs: 100 } });
  expect(await look()).toMatchObject({ phase: 'validate', percent: 86, indexes: null });
});

test('a migration that ends without proving what it did stays at the percentage that it had reached', async () => {
  const blobs = await blobsWith(100, 60);
  expect(await percentOf(blobs)).toBe(80);
  expect(await percentOf(blobs, OUTPUT)).toBe(80);
  expect(await percentOf(blobs, { ...OUTPUT, tables: {}, validated: {} })).toBe(80);
  expect(await percentOf(blobs, { ...OUTPUT, status: 'completed' })).toBe(100);
});

test('a run that follows its source was proven whole, with the revision that no range carries', async () => {
  const blobs = await blobsWith(100, 100, { ...SUMMARY, tableRows: { runs: 100, alembic_version: 1 } });
  const look = (phase: Phase) => readProgress(blobs, 'lab', { phase, output: null, nowMs: 0 });
  expect((await look('copy')).totals).toMatchObject({ total: 101, copied: 100, validated: 100 });
  expect((await look('follow')).totals).toMatchObject({ total: 101, copied: 101, validated: 101 });
});

test('a plan that is made anew goes on from the percentage that was reached', async () => {
  const { percent: reached } = await readReached(await blobsWith(100, 60), 'lab');
  const again = await blobsWith(10, 0, { ...SUMMARY, reached });
  expect(await percentOf(again)).toBe(80);
  expect(await percentOf(await blobsWith(100, 90, { ...SUMMARY, reached }))).toBe(95);
});

test('without a plan there is no progress', async () => {
  expect(await percentOf(new MemoryBlobs())).toBe(0);
  expect(await readReached(new MemoryBlobs(), 'lab')).toEqual({ percent: 0, summary: null });
});

test('progress and summary of another release are left out, and the status is told all the same', async () => {
  const blobs = new MemoryBlobs();
  await blobs.put(blobPaths.summary('lab'), '{"version":99}', 'application/json');
  await blobs.put(blobPaths.processProgress('lab', 'p'), '{"version":99}', 'application/json');
  await blobs.put(blobPaths.processProgress('lab', 'q'), '{"copied":{"ru', 'application/json');
  expect(await readProgress(blobs, 'lab', { phase: 'copy', output: null, nowMs: Date.now() })).toMatchObject({
    tables: {},
    percent: 0,
  });
});

/** A process that counts, heard of at this instant. */
async function blobsAt(now: string, changes: object): Promise<MemoryBlobs> {
  const blobs = await blobsWith(10, 0);
  await putRecord(blobs, 'lab/state/progress/p.json', PROGRESS, {
    copied: { runs: 10 },
    validated: {},
    errors: {},
    open: { copied: { runs: 30 }, validated: {}, errors: {} },
    bytes: 0,
    throttled: 0,
    requestUnits: 0,
    rowsPerSecond: 6,
    bytesPerSecond: 0,
    pace: 5,
    updatedAt: now,
    ...changes,
  });
  return blobs;
}
const NOW = '2026-11-27T12:00:00.000Z';
const readAt = async (blobs: MemoryBlobs, nowMs: number) =>
  await readProgress(blobs, 'lab', { phase: 'copy', output: null, nowMs });

test('rows of ranges under way are told, also when their process is gone; the percentage waits for their end', async () => {
  const blobs = await blobsAt(NOW, {});
  expect(await readAt(blobs, Date.parse(NOW))).toMatchObject({ totals: { copied: 40 }, percent: 5, secondsLeft: 32 });
  expect(await readAt(blobs, Date.parse(NOW) + 60_000)).toMatchObject({ totals: { copied: 40 }, secondsLeft: null });
});

test('no time left is told in the first seconds, and none where nothing has moved lately', async () => {
  const early = await blobsAt(NOW, { pace: undefined });
  expect(await readAt(early, Date.parse(NOW))).toMatchObject({ secondsLeft: null });
  const still = await blobsAt(NOW, { rowsPerSecond: 0 });
  expect(await readAt(still, Date.parse(NOW))).toMatchObject({ secondsLeft: null });
});

test('a run that has ended tells the rate of its work, and one of an earlier release none', async () => {
  const blobs = await blobsWith(100, 100);
  const rateOf = async (output: MigrateOutput) =>
    (await readProgress(blobs, 'lab', { phase: 'report', output, nowMs: 0 })).rowsPerSecond;
  expect(await rateOf({ ...OUTPUT, rowsPerSecond: 50 })).toBe(50);
  expect(await rateOf(OUTPUT)).toBe(0);
});

test('while rows are compared beside the indexes there is a time left', async () => {
  const phases = { copy: 1, indexes: 2, validate: 1, indexedCollections: 1 };
  const blobs = await blobsWith(100, 60, { ...SUMMARY, phases });
  const path = 'lab/state/progress/p.json';
  const part = await getRecord(blobs, path, PROGRESS);
  if (part === null) throw new Error('Nothing is stored');
  const nowMs = Date.parse('2026-11-27T12:10:00.000Z');
  const at = (secondsAgo: number) => nowMs - secondsAgo * 1_000;
  const updatedAt = new Date(nowMs).toISOString();
  // Of the ten minutes since the phase began the run was at work for ten seconds.
  const work = [[at(605), at(595)] as const, [at(5), at(0)] as const];
  await putRecord(blobs, path, PROGRESS, { ...part, updatedAt, work, rowsPerSecond: 4, pace: 4 });
  const look = { phase: 'indexes', phaseSince: new Date(at(600)).toISOString(), output: null, nowMs } as const;
  expect(await readProgress(blobs, 'lab', look)).toMatchObject({ phase: 'indexes', secondsLeft: 40 });
});

test('rates of the phase before are none of one that moves no rows of its own', async () => {
  const blobs = await blobsAt(NOW, {});
  const nowMs = Date.parse(NOW);
  const rateOf = async (phase: Phase, secondsAgo: number) => {
    const phaseSince = new Date(nowMs - secondsAgo * 1_000).toISOString();
    return (await readProgress(blobs, 'lab', { phase, phaseSince, output: null, nowMs })).rowsPerSecond;
  };
  expect(await rateOf('copy', 2)).toBe(6);
  expect(await rateOf('indexes', 2)).toBe(0);
  expect(await rateOf('catch-up', 2)).toBe(0);
  // Nothing is compared yet.
  expect(await rateOf('validate', 2)).toBe(0);
  expect(await rateOf('catch-up', 60)).toBe(6);
});
