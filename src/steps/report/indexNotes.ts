import { DOCUMENT_DB, hasDearUniqueIndexes } from '../../contract/flavour.ts';
import type { Finding } from '../../contract/migrationReport.ts';
import type { IndexDefinition } from '../../mlflow/layouts/layout.ts';
import { mongoIndexName } from '../../mongoIndexName.ts';
import type { PlannedWork } from '../../runtime/services.ts';
import { indexTime, isCompoundUnique } from './indexTime.ts';

/** Below it nobody chooses other indexes for the time that they take. */
const WORTH_TELLING_SECONDS = 60;

/** An index of a collection. */
interface Placed {
  readonly collection: string;
  readonly index: IndexDefinition;
}

/** What a reader of the report must know of unique indexes that are plain in this target, and of a dry run how long its indexes will take. */
export function indexNotes(planned: PlannedWork, isDryRun: boolean): Finding[] {
  const { plan, layout } = planned;
  const all = layout.collections.flatMap(({ collection, indexes }) => indexes.map((index) => ({ collection, index })));
  const plain = all.filter(({ index }) => index.plainOf !== undefined);
  const isDear = hasDearUniqueIndexes(plan.flavour);
  const messages = [
    ...(plain.length === 0 ? [] : [plainNote(plain, plan.layout.uniqueIndexes === 'none')]),
    ...(isDryRun && isDear ? [timeNote(planned, all)] : []),
  ];
  return messages.map((message) => ({ severity: 'note', check: 'schema', table: 'the target', message }));
}

function plainNote(plain: readonly Placed[], isForNone: boolean): string {
  const names = listed(plain);
  if (!isForNone) {
    return `These indexes are not unique on ${DOCUMENT_DB}, where that would slow each insert down: ${names}. Nothing is lost by it: their fields hold the source's primary key, of which the _id is made, and that is unique. Only a program that writes with _ids of its own could add a second document with the same values; --unique-indexes all keeps it from that`;
  }
  const readers = plain.filter(({ index }) => index.plainOf !== mongoIndexName(index));
  const byReader =
    readers.length === 0 ? '' : `. MLflow's plugin builds its own when it opens the database: ${listed(readers)}`;
  return `No index is unique, as --unique-indexes none asks: ${names}. What was migrated has each of these values once, as in the source; nothing in the target keeps a program from writing one again${byReader}`;
}

/** How long the indexes will take, and what other ones would save. */
function timeNote(planned: PlannedWork, all: readonly Placed[]): string {
  const { total, compoundUnique } = indexTime(planned);
  const told = `Building the indexes takes ${roughly(total)} on ${DOCUMENT_DB}, as far as its open-source build on two cores tells`;
  if (compoundUnique < WORTH_TELLING_SECONDS) return told;
  const dear = all.filter(({ index }) => isCompoundUnique(index));
  const byAuto = compoundUnique - indexTime(planned, ({ holdsKey }) => holdsKey !== true).compoundUnique;
  const cures = [
    ...(byAuto < WORTH_TELLING_SECONDS ? [] : [`--unique-indexes auto saves ${roughly(byAuto)}`]),
    `--unique-indexes none saves ${roughly(compoundUnique)}`,
  ];
  // Those with a name of their own are the plugin's.
  const later = dear.some(({ index }) => index.name !== undefined)
    ? ", until MLflow's plugin opens the database and builds its own"
    : '';
  return `${told}, of which ${roughly(compoundUnique)} for unique indexes over several fields: ${listed(dear)}. Each insert costs them more, the more documents there are. ${cures.join(', ')}${later}`;
}

function listed(placed: readonly Placed[]): string {
  return placed
    .map(({ collection, index }) => `${collection} (${index.keys.map(([field]) => field).join(', ')})`)
    .join(', ');
}

/** A duration in words of one figure or two: what it is made of is not known better. */
function roughly(seconds: number): string {
  const [size, unit] = UNITS.find(([, , upTo]) => seconds < upTo) ?? (UNITS.at(-1) as (typeof UNITS)[number]);
  const count = Number(Math.max(1, seconds / size).toPrecision(seconds / size < 10 ? 1 : 2));
  return `about ${count} ${unit}${count === 1 ? '' : 's'}`;
}

const UNITS: readonly (readonly [seconds: number, unit: string, upToSeconds: number])[] = [
  [1, 'second', 90],
  [60, 'minute', 5_400],
  [3_600, 'hour', 172_800],
  [86_400, 'day', Number.POSITIVE_INFINITY],
];
