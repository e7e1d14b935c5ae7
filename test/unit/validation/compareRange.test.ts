import { BSON } from 'bson';
import { expect, test } from 'vitest';
import { type DocumentBatch, idKey } from '../../../src/encoding/documentBatch.ts';
import type { CollectionDefinition } from '../../../src/mlflow/layouts/layout.ts';
import { cureOf } from '../../../src/report/findingCure.ts';
import type { DocumentAccess } from '../../../src/target/documentAccess.ts';
import { type CompareOptions, compareRange } from '../../../src/validation/compareRange.ts';

const definition = { table: 'runs', indexes: [] } as Partial<CollectionDefinition> as CollectionDefinition;

function batchOf(ids: readonly string[], rejected: readonly string[] = []): DocumentBatch {
  const documents = ids.map((_id) => Buffer.from(BSON.serialize({ _id })));
  let end = 0;
  return {
    bytes: Buffer.concat(documents),
    ends: documents.map((document) => (end += document.length)),
    childRows: [],
    rejected: rejected.map((key) => ({ key, reason: 'too deep', childRows: [] })),
  };
}

/** A target that holds a document for each id, and is told of each look at it. */
function targetWith(onLook: () => Promise<void> = () => Promise.resolve()): DocumentAccess {
  const findByIds = async (ids: readonly string[]) => {
    await onLook();
    const documents = ids.map((_id) => Buffer.from(BSON.serialize({ _id })));
    return new Map(documents.map((document) => [idKey(document), document]));
  };
  // Nothing is found by range, so that each document is asked for by its `_id`.
  const findBetween = () => Promise.resolve({ bytes: Buffer.alloc(0), starts: [], isWhole: true });
  const traits = { readsByRange: true };
  return { findByIds, findBetween, traits, shardKey: null, isStranger: () => false } as unknown as DocumentAccess;
}

function options(more: Partial<CompareOptions> = {}): CompareOptions {
  const admit = () => Promise.resolve(() => undefined);
  return { mayRepair: true, mayDisplace: true, onProgress: () => undefined, admit, ...more };
}

async function* sequence(...batches: (DocumentBatch | Error)[]): AsyncGenerator<DocumentBatch, void> {
  for (const batch of batches) {
    if (batch instanceof Error) throw batch;
    yield batch;
  }
}

test('rejected rows of a batch are failures of the copy, and differences where nothing may be written', async () => {
  for (const mayRepair of [true, false]) {
    const progress: number[] = [];
    const batches = sequence(batchOf(['a', 'b'], ['c']), batchOf([], ['d']));
    const onProgress = (documents: number) => progress.push(documents);
    const result = await compareRange(batches, targetWith(), definition, options({ mayRepair, onProgress }));
    expect(result).toMatchObject({ equal: 2, failed: 2, missing: 0, different: 0 });
    const check = mayRepair ? 'copy' : 'content';
    expect(result.findings).toEqual(
      ['c', 'd'].map((key) => ({
        severity: 'error',
        check,
        table: 'runs',
        key,
        kind: 'refused',
        message: 'too deep',
      })),
    );
    expect(progress).toEqual([2]);
  }
});

test('a comparison that meets a changed document says that it differs, and sends nobody to correct its row', async () => {
  const [ours, theirs] = ['ours', 'theirs'].map((value) => Buffer.from(BSON.serialize({ _id: 'a', value }))) as [
    Buffer,
    Buffer,
  ];
  const findByIds = () => Promise.resolve(new Map([[idKey(theirs), theirs]]));
  const access = { ...targetWith(), findByIds } as unknown as DocumentAccess;
  const batches = sequence({ ...batchOf([]), bytes: ours, ends: [ours.length] });
  const { findings } = await compareRange(batches, access, definition, options({ mayRepair: false }));
  expect(findings).toMatchObject([{ check: 'content', field: 'value', kind: 'differs' }]);
  const cures = findings.map(cureOf).join(' ');
  expect(cures).toContain('somebody changed it in the target, or the row has changed');
  expect(cures).toContain('run the migration again');
  expect(cures).not.toContain('Correct');
});

test('what is compared when reading fails is compared to its end, and gives its room back', async () => {
  let looks = 0;
  let held = 0;
  const slow = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    looks++;
  };
  const admit = () => {
    held++;
    return Promise.resolve(() => void held--);
  };
  const batches = sequence(batchOf(['a']), new Error('the source is gone'));
  await expect(compareRange(batches, targetWith(slow), definition, options({ admit }))).rejects.toThrow('is gone');
  expect({ looks, held }).toEqual({ looks: 1, held: 0 });
});

test('a target that fails ends the reading', async () => {
  let ended = false;
  async function* endless() {
    try {
      for (;;) yield batchOf(['a']);
    } finally {
      ended = true;
    }
  }
  const lost = targetWith(() => Promise.reject(new Error('the target is gone')));
  await expect(compareRange(endless(), lost, definition, options())).rejects.toThrow('is gone');
  expect(ended).toBe(true);
});
