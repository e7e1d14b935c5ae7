import { globSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FINDINGS } from '../../../src/contract/storedFindings.ts';
import { DELETED, VANISHED } from '../../../src/contract/storedVanished.ts';
import { differenceLines } from '../../../src/runtime/differenceLines.ts';
import { getRecord, putRecord } from '../../../src/runtime/records.ts';
import { readPlan } from '../../../src/runtime/storedPlan.ts';
import { putJson } from '../../../src/storage/blobStore.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';
import { ROOT, readText } from '../docs/markdown.ts';

const finding = {
  severity: 'error',
  check: 'content',
  table: 'runs',
  key: 'a',
  kind: 'differs',
  message: 'm',
} as const;
const vanished = { collection: 3, table: 'runs', keys: ['a'] };
const deleted = { runs: { count: 2, keys: ['a', 'b'] } };

test.each([
  ['findings', FINDINGS, [finding], { findings: [finding] }],
  ['what vanished', VANISHED, [vanished], { collections: [vanished] }],
  ['what was deleted', DELETED, deleted, { tables: deleted }],
])('%s of the release before are read, and those of this one', async (_what, record, before, now) => {
  const blobs = new MemoryBlobs();
  await putJson(blobs, 'before', before);
  expect(await getRecord<object>(blobs, 'before', record)).toEqual(now);
  await putRecord<object>(blobs, 'now', record, now);
  expect(JSON.parse((await blobs.get('now')) ?? '')).toEqual({ version: 2, ...now });
  expect(await getRecord<object>(blobs, 'now', record)).toEqual(now);
  await putJson(blobs, 'newer', { version: 3, ...now });
  await expect(getRecord<object>(blobs, 'newer', record)).rejects.toMatchObject({ kind: 'config' });
  await putJson(blobs, 'other', { version: 2, findings: [{}] });
  await expect(getRecord<object>(blobs, 'other', record)).rejects.toMatchObject({ kind: 'internal' });
});

test('differences are told of findings of both releases', async () => {
  const blobs = new MemoryBlobs();
  await putJson(blobs, 'lab/state/findings/copy-1.json', [finding]);
  await putRecord(blobs, 'lab/state/findings/copy-2.json', FINDINGS, { findings: [{ ...finding, key: 'b' }] });
  const lines: string[] = [];
  for await (const line of differenceLines(blobs, 'lab')) lines.push(line);
  expect(lines.map((line) => JSON.parse(line).key)).toEqual(['a', 'b']);
});

test('a plan of another version counts as none', async () => {
  const blobs = new MemoryBlobs();
  for (const version of [undefined, 1, 99]) {
    await putJson(blobs, 'lab/state/plan.json', { version });
    expect(await readPlan(blobs, 'lab')).toBeNull();
  }
});

test('nobody else takes JSON from storage as it stands there', () => {
  const users = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => /\bgetJson\b/.test(readText(file)));
  expect(users.sort()).toEqual([
    'src/runtime/records.ts',
    'src/runtime/storedPlan.ts',
    'src/steps/planning/planningTurn.ts',
    'src/storage/blobStore.ts',
  ]);
});
