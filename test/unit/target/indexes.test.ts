import { type Document, MongoServerError } from 'mongodb';
import { expect, test } from 'vitest';
import type { IndexDefinition } from '../../../src/mlflow/layouts/layout.ts';
import { createIndexes } from '../../../src/target/indexes.ts';
import type { TargetDatabase } from '../../../src/target/targetDatabase.ts';
import { targetTraits } from '../../../src/target/targetTraits.ts';

const ENGINE = targetTraits({ isWritablePrimary: true, internal: {} }, '7.0.0', 'h', false);
const MONGOD = targetTraits({ isWritablePrimary: true }, '8.0.4', 'h', false);
const INDEXES: readonly IndexDefinition[] = [
  { keys: [['run_uuid', 1]], isUnique: false },
  { keys: [['name', 1]], isUnique: true },
];

/** A target that answers commands by these codes, one after the other, and 0 for success; and the names that it was asked for. */
function targetOf(...codes: number[]) {
  const asked: string[][] = [];
  const command = async ({ indexes }: Document) => {
    asked.push((indexes as Document[]).map(({ name }) => String(name)));
    const code = codes.shift() ?? 0;
    if (code !== 0) throw new MongoServerError({ ok: 0, code, errmsg: '' });
  };
  return { target: { display: 'h:1/d', db: { command } } as unknown as TargetDatabase, asked };
}

const all = ['run_uuid_1', 'name_1'];
const unending = new AbortController().signal;

test('builds that go on after the time of their command, and behind another of the collection, are joined', async () => {
  const { target, asked } = targetOf(50, 40_333);
  await createIndexes(target, ENGINE, 'runs', INDEXES, unending);
  expect(asked).toEqual([all, all, all]);
});

test('elsewhere the time limit is a failure', async () => {
  const { target } = targetOf(50);
  await expect(createIndexes(target, MONGOD, 'runs', INDEXES, unending)).rejects.toMatchObject({
    kind: 'target-unreachable',
  });
});

test('whoever waits for a build stops by the signal', async () => {
  const { target } = targetOf(...Array.from({ length: 100 }, () => 50));
  const stop = new AbortController();
  const built = createIndexes(target, ENGINE, 'runs', INDEXES, stop.signal);
  stop.abort(new Error('the shift is over'));
  await expect(built).rejects.toThrow();
});

test('duplicates keep one index from being made, and no other', async () => {
  const { target, asked } = targetOf(11_000, 0, 11_000);
  await createIndexes(target, ENGINE, 'runs', INDEXES, unending);
  expect(asked).toEqual([all, ['run_uuid_1'], ['name_1']]);
});
