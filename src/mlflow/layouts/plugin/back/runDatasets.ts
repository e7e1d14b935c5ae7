import { hash } from 'node:crypto';
import type { BsonElement } from '../../../../encoding/bsonElements.ts';
import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import { ValueFault } from '../../../../encoding/valueFault.ts';
import {
  assertKnown,
  guarded,
  itemsOf,
  membersOf,
  pairsOf,
  type ReturnedPair,
  TRACKING_NAMES,
  textOf,
} from './returnedFields.ts';
import { experimentOf } from './returnedRow.ts';
import type { Fields, Lookup, ReturnedDocument, ReturnedFault } from './returning.ts';

/** Columns of a dataset by the fields of its copies in runs. */
export const DATASET_COLUMNS = {
  name: 'name',
  digest: 'digest',
  source_type: 'dataset_source_type',
  source: 'dataset_source',
  schema: 'dataset_schema',
  profile: 'dataset_profile',
} as const;

/** What is read of runs for their datasets. */
export const RUN_FIELDS = ['experiment_id', 'start_time', 'inputs'] as const;

/** A dataset that a run was given, with the identifiers of both rows that it is in SQL. */
export interface RunDataset {
  readonly shown: string;
  readonly dataset: Fields;
  readonly tags: readonly ReturnedPair[];
  /** Number of the experiment that the dataset is of. */
  readonly experiment: string;
  readonly datasetId: string;
  readonly sourceType: string;
  readonly inputId: string;
}

/** An identifier that is made of what it names, spelled as MLflow spells its own: the same again in the proof, and in a repeated run. */
export function madeId(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32);
}

/** The members of a run's `inputs`; early versions of the plugin have an empty list in their place. */
export function inputsOf({ fields }: ReturnedDocument): Fields {
  const element = fields.get('inputs');
  if (element?.type === BSON_TYPE.array && itemsOf(element).length === 0) return new Map();
  const members = membersOf(element);
  assertKnown(members, ['datasets', 'models']);
  return members;
}

/** Datasets of runs, with the identifiers that they have in the database or, copied by a migration, in the target; new ones get one that is made of their key. */
export async function runDatasets(
  page: readonly ReturnedDocument[],
  look: Lookup,
  faults: ReturnedFault[],
): Promise<readonly RunDataset[]> {
  const entries = (await Promise.all(page.map((document) => entriesOf(document, look, faults)))).flat();
  if (entries.length === 0) return [];
  const standing = await standingInputs(entries, look);
  const ids = await datasetIds(entries, look);
  const given = new Set<string>();
  return entries.flatMap((entry): RunDataset[] => {
    const { shown, dataset, tags, run, name, digest } = entry;
    const known = standing.get(keyOf(run, name, digest))?.shift();
    if (known !== undefined) {
      const {
        source_type: sourceType,
        dataset_uuid: datasetId,
        input_uuid: inputId,
        experiment_id: experiment,
      } = known;
      return [{ shown, dataset, tags, experiment, datasetId, sourceType, inputId }];
    }
    const { experiment, datasetId } = datasetOf(entry, ids);
    const inputId = madeId('input', 'DATASET', datasetId, 'RUN', run);
    if (given.has(inputId)) faults.push({ shown, field: 'inputs.datasets', reason: 'it has one dataset twice' });
    given.add(inputId);
    return [{ shown, dataset, tags, experiment, datasetId, sourceType: 'DATASET', inputId }];
  });
}

/** Releases of before MLflow 3.10 have shared a dataset between experiments: a run of theirs has that of another one, of the same content. */
function datasetOf(
  { experiment, name, digest, content, isMigrated }: Entry,
  { own, shared }: DatasetIds,
): Pick<RunDataset, 'experiment' | 'datasetId'> {
  const others = isMigrated ? (shared.get(keyOf(name, digest)) ?? []) : [];
  const equal = others.filter((other) => other.content === content);
  const same = equal.find((other) => other.experiment === experiment) ?? equal[0];
  if (same !== undefined) return same;
  const datasetId = own.get(keyOf(experiment, name, digest));
  if (datasetId !== undefined) return { experiment, datasetId };
  const [other] = others;
  if (other !== undefined && others.length === 1) return other;
  return { experiment, datasetId: madeId('dataset', experiment, name, digest) };
}

interface Entry extends Pick<RunDataset, 'shown' | 'dataset' | 'tags' | 'experiment'> {
  /** Was the run there when the source was migrated, as far as its time tells? */
  readonly isMigrated: boolean;
  readonly run: string;
  readonly name: string;
  readonly digest: string;
  /** Tells datasets of one name and digest from each other. */
  readonly content: string;
}

async function entriesOf(document: ReturnedDocument, look: Lookup, faults: ReturnedFault[]): Promise<readonly Entry[]> {
  const items = guarded(faults, document, 'inputs', () => itemsOf(inputsOf(document).get('datasets'))) ?? [];
  if (items.length === 0) return [];
  // A run without an experiment is told by its own table.
  const experiment = await experimentOf(document, 'experiment_id', look, []);
  if (experiment === null) return [];
  const { shown } = document;
  const newest = look.newest('runs');
  const started = integerText(document.fields.get('start_time'));
  const isMigrated = newest !== null && started !== null && BigInt(started) <= newest;
  return items.flatMap(
    (item) =>
      guarded(faults, document, 'inputs.datasets', () => entryOf(item, { shown, experiment, isMigrated })) ?? [],
  );
}

function entryOf(item: BsonElement, of: Pick<Entry, 'shown' | 'experiment' | 'isMigrated'>): Entry {
  const members = membersOf(item);
  assertKnown(members, ['dataset', 'tags']);
  const dataset = membersOf(members.get('dataset'));
  assertKnown(dataset, Object.keys(DATASET_COLUMNS));
  const [name, digest] = [textOf(dataset.get('name')), textOf(dataset.get('digest'))];
  if (name === null || digest === null) throw new ValueFault('a dataset has no name or no digest');
  const content = contentOf(CONTENT.map(([field]) => dataset.get(field)));
  return { ...of, run: of.shown, dataset, tags: pairsOf(members.get('tags'), TRACKING_NAMES), name, digest, content };
}

/** Fields of a copy, and columns, that are no part of a dataset's key. */
const CONTENT = Object.entries(DATASET_COLUMNS).slice(2);

function contentOf(elements: readonly (BsonElement | undefined)[]): string {
  return hash('sha256', JSON.stringify(elements.map(lenientText)), 'base64url');
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

interface Standing {
  readonly run: string;
  readonly name: string;
  readonly digest: string;
  readonly experiment_id: string;
  readonly source_type: string;
  readonly dataset_uuid: string;
  readonly input_uuid: string;
}

/** Rows of `inputs` of these runs by run, name and digest, in the order in which a migration writes them. */
async function standingInputs(entries: readonly Entry[], look: Lookup): Promise<Map<string, Standing[]>> {
  const rows = await look.source<Standing>(
    `select t.destination_id::text as run, d.name::text as name, d.digest::text as digest, d.experiment_id::text as experiment_id,
            t.source_type::text as source_type, d.dataset_uuid::text as dataset_uuid, t.input_uuid::text as input_uuid
       from ${look.relation('inputs')} t join ${look.relation('datasets')} d on d.dataset_uuid = t.source_id
      where t.destination_type = 'RUN' and t.destination_id = any($1) order by t.destination_id, t.input_uuid`,
    [[...new Set(entries.map(({ run }) => run))]],
  );
  const found = new Map<string, Standing[]>();
  for (const row of rows) {
    const key = keyOf(row.run, row.name, row.digest);
    found.set(key, [...(found.get(key) ?? []), row]);
  }
  return found;
}

interface DatasetIds {
  /** By experiment, name and digest. */
  readonly own: ReadonlyMap<string, string>;
  /** Those that a migration has brought, by name and digest. */
  readonly shared: ReadonlyMap<string, readonly SharedDataset[]>;
}

type SharedDataset = Pick<RunDataset, 'experiment' | 'datasetId'> & Pick<Entry, 'content'>;

/** Identifiers of datasets: those of the rows, or of the documents that a migration has made of them. */
async function datasetIds(entries: readonly Entry[], look: Lookup): Promise<DatasetIds> {
  const [names, digests] = [entries.map(({ name }) => name), entries.map(({ digest }) => digest)];
  const own = new Map<string, string>();
  const shared = new Map<string, SharedDataset[]>();
  const filter = { name: { $in: [...new Set(names)] }, digest: { $in: [...new Set(digests)] } };
  const columns = CONTENT.map(([, column]) => column);
  const wanted = ['experiment_id', 'name', 'digest', 'dataset_uuid', ...columns];
  for (const { fields } of await look.target('datasets', filter, wanted)) {
    const [name, digest, id] = ['name', 'digest', 'dataset_uuid'].map((field) => lenientText(fields.get(field)));
    const experiment = integerText(fields.get('experiment_id'));
    if (name == null || digest == null || id == null || experiment === null) continue;
    own.set(keyOf(experiment, name, digest), id);
    const content = contentOf(columns.map((column) => fields.get(column)));
    const others = shared.get(keyOf(name, digest)) ?? [];
    shared.set(keyOf(name, digest), [...others, { experiment, datasetId: id, content }]);
  }
  const rows = await look.source<Pick<Standing, 'name' | 'digest' | 'experiment_id' | 'dataset_uuid'>>(
    `select name::text as name, digest::text as digest, experiment_id::text as experiment_id, dataset_uuid::text as dataset_uuid
       from ${look.relation('datasets')} where (experiment_id::text, name, digest) in (select * from unnest($1::text[], $2::text[], $3::text[]))`,
    [entries.map(({ experiment }) => experiment), names, digests],
  );
  for (const row of rows) own.set(keyOf(row.experiment_id, row.name, row.digest), row.dataset_uuid);
  return { own, shared };
}

/** Text of a field that its own table's look tells about where it is none. */
function lenientText(element: BsonElement | undefined): string | null {
  return element?.type === BSON_TYPE.string ? textOf(element) : null;
}

function integerText(element: BsonElement | undefined): string | null {
  if (element?.type === BSON_TYPE.int32) return String(element.value.readInt32LE(0));
  if (element?.type === BSON_TYPE.int64) return String(element.value.readBigInt64LE(0));
  return lenientText(element);
}
