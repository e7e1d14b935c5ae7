import { expect, test } from 'vitest';
import type { Difference } from '../../../src/contract/difference.ts';
import type { Finding } from '../../../src/contract/migrationReport.ts';
import { FINDINGS } from '../../../src/contract/storedFindings.ts';
import { blobPaths } from '../../../src/runtime/blobPaths.ts';
import { DifferenceFile } from '../../../src/runtime/differenceFile.ts';
import { differenceLines } from '../../../src/runtime/differenceLines.ts';
import { putRecord } from '../../../src/runtime/records.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

function of(key: string, more: Partial<Difference> = {}): Difference {
  return { table: 'runs', key, kind: 'missing', ...more };
}

/** One attempt at a step, with the pieces that it did and those that failed. */
async function attempt(
  blobs: MemoryBlobs,
  step: string,
  pieces: readonly (readonly [readonly Difference[], boolean])[],
) {
  const file = new DifferenceFile(blobs, 'lab', step);
  for (const [differences, isDone] of pieces) {
    for (const difference of differences) {
      file.add(difference);
      await file.settle();
    }
    file.close(isDone);
  }
  return file;
}

async function read(blobs: MemoryBlobs): Promise<Difference[]> {
  const lines: Difference[] = [];
  for await (const text of differenceLines(blobs, 'lab')) {
    expect(text.length).toBeLessThan(2 << 20);
    lines.push(...text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Difference])));
  }
  return lines;
}

const many = Array.from({ length: 30_000 }, (_, index) => of(`run-${index}`, { field: 'x'.repeat(100) }));

test('millions are kept in parts of bounded size, in their order', async () => {
  const blobs = new MemoryBlobs();
  const file = await attempt(blobs, 'validate-0', [[many, true]]);
  await file.finish();
  expect(blobs.blobs.size).toBeGreaterThan(3);
  expect(await read(blobs)).toEqual(many);
});

test('a step that is done twice is told once, and what an attempt that died has left by nobody', async () => {
  const blobs = new MemoryBlobs();
  await attempt(blobs, 'validate-0', [[many, true]]);
  expect(await read(blobs)).toEqual([]);
  for (const last of ['a', 'b']) {
    const file = await attempt(blobs, 'validate-0', [[[of('first'), of(last)], true]]);
    await file.finish();
  }
  expect((await read(blobs)).map(({ key }) => key)).toEqual(['first', 'b']);
  expect(await blobs.list(blobPaths.foundParts('lab', 'validate-0'))).toHaveLength(1);
});

test('what a piece that failed has found is left to the attempt that does it again', async () => {
  const blobs = new MemoryBlobs();
  const file = await attempt(blobs, 'validate-0', [
    [[of('a')], true],
    [[of('half'), ...many], false],
    [[of('b')], true],
  ]);
  await file.finish();
  expect((await read(blobs)).map(({ key }) => key)).toEqual(['a', 'b']);
});

test('a row that the copy and the comparison have met alike is told once', async () => {
  const blobs = new MemoryBlobs();
  for (const step of ['copy-1', 'copy-2', 'validate-2', 'catch-up-2']) {
    const file = await attempt(blobs, step, [[[of(step)], true]]);
    await file.finish();
  }
  expect((await read(blobs)).map(({ key }) => key)).toEqual(['copy-1', 'validate-2', 'catch-up-2']);
});

test('findings of the checks are told, and those of steps that keep all of theirs are not told again', async () => {
  const blobs = new MemoryBlobs();
  const found = (key: string, more: Partial<Finding> = {}): Finding => ({
    severity: 'error',
    check: 'counts',
    table: 'runs',
    key,
    message: 'The document has no row',
    ...more,
  });
  const put = (step: string, findings: readonly Finding[]) =>
    putRecord(blobs, blobPaths.finding('lab', step), FINDINGS, { findings });
  await put('checks-0', [found('a', { check: 'copy' }), found('note', { severity: 'note' })]);
  await put('extras-3', [found('b')]);
  await put('extras-33', [found('c')]);
  await put('validate-1', [found('d')]);
  for (const step of ['extras-3-group-0', 'extras-3-group-1']) {
    const file = await attempt(blobs, step, [[[of(step, { kind: 'extra' })], true]]);
    await file.finish();
  }
  expect((await read(blobs)).map(({ key, kind }) => [key, kind])).toEqual([
    ['extras-3-group-0', 'extra'],
    ['extras-3-group-1', 'extra'],
    ['a', 'refused'],
    ['c', 'extra'],
    ['d', 'extra'],
  ]);
});

test('what was deleted comes first', async () => {
  const blobs = new MemoryBlobs();
  await blobs.put(
    blobPaths.differences('lab', '1-0-0'),
    '{"table":"runs","key":"gone","kind":"extra","deleted":true}\n',
  );
  await putRecord(blobs, blobPaths.finding('lab', 'checks-0'), FINDINGS, { findings: [] });
  expect(await read(blobs)).toEqual([of('gone', { kind: 'extra', deleted: true })]);
});
