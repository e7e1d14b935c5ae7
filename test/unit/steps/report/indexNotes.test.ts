import { expect, test } from 'vitest';
import type { Plan } from '../../../../src/contract/plan.ts';
import type { KeptUnique } from '../../../../src/contract/uniqueIndexes.ts';
import type { CollectionDefinition, IndexDefinition } from '../../../../src/mlflow/layouts/layout.ts';
import { withUniqueIndexes } from '../../../../src/mlflow/layouts/withUniqueIndexes.ts';
import type { PlannedWork } from '../../../../src/runtime/services.ts';
import { indexNotes } from '../../../../src/steps/report/indexNotes.ts';

const unique = (fields: readonly string[], more: Partial<IndexDefinition> = {}): IndexDefinition => ({
  keys: fields.map((field) => [field, 1] as const),
  isUnique: true,
  ...more,
});
const PARAMS = { collection: 'params', indexes: [unique(['run_uuid', 'key'], { holdsKey: true })] };
const NAMES = { collection: 'experiments', indexes: [unique(['name'])] };
const SPANS = { collection: 'spans', indexes: [unique(['trace_id', 'span_id'], { name: 'spans_trace_span_unique' })] };

function planned(kept: KeptUnique, rows: number, flavour: Plan['flavour'], of: readonly object[]): PlannedWork {
  const collections = (of as CollectionDefinition[]).map((definition) => withUniqueIndexes(definition, kept));
  const plan = { flavour, layout: { uniqueIndexes: kept }, collections: collections.map(() => ({ rows })) };
  return { plan, layout: { collections } } as unknown as PlannedWork;
}
const messagesOf = (work: PlannedWork, isDryRun: boolean) => indexNotes(work, isDryRun).map(({ message }) => message);

test('where all are unique there is nothing to say, but what a dry run tells of their time on DocumentDB', () => {
  expect(messagesOf(planned('all', 1e6, 'mongodb', [PARAMS, NAMES]), true)).toEqual([]);
  expect(messagesOf(planned('all', 1e6, 'documentdb', [PARAMS, NAMES]), false)).toEqual([]);
  const [told, ...more] = messagesOf(planned('all', 1e6, 'documentdb', [PARAMS, NAMES]), true);
  expect(more).toEqual([]);
  expect(told).toMatch(
    /^Building the indexes takes about 5 hours on DocumentDB, .*, of which about 5 hours for unique indexes .*: params \(run_uuid, key\)\. .*--unique-indexes auto saves about 5 hours, --unique-indexes none saves about 5 hours$/,
  );
});

test('which were made plain, and why nothing is lost by it; nothing more is to be saved then', () => {
  const [plain, time, ...more] = messagesOf(planned('beside-key', 1e6, 'documentdb', [PARAMS, NAMES]), true);
  expect(more).toEqual([]);
  expect(plain).toContain('not unique on DocumentDB, where that would slow each insert down: params (run_uuid, key).');
  expect(plain).toContain('their fields hold the source');
  expect(time).toMatch(/^Building the indexes takes about 2 minutes on DocumentDB/);
  expect(time).not.toContain('--unique-indexes');
});

test('one that the _id does not make superfluous stays, and is told with what it takes', () => {
  const [time, ...more] = messagesOf(planned('beside-key', 1e7, 'documentdb', [SPANS]), true);
  expect(more).toEqual([]);
  expect(time).toMatch(
    /about 19 days for unique .*: spans \(trace_id, span_id\)\. .* --unique-indexes none saves about 19 days, until MLflow's plugin opens/,
  );
});

test('without any, it is said that nothing keeps values apart, and which the plugin makes itself', () => {
  const [plain] = messagesOf(planned('none', 10, 'mongodb', [PARAMS, NAMES, SPANS]), false);
  expect(plain).toMatch(/^No index is unique, as --unique-indexes none asks: params .*, experiments \(name\), spans/);
  expect(plain).toMatch(/MLflow's plugin builds its own when it opens the database: spans \(trace_id, span_id\)$/);
});
