import { createHash, type Hash } from 'node:crypto';
import type pg from 'pg';
import type { BackExperiment, BackTable } from '../../contract/backReport.ts';
import { MigrationError } from '../../errors.ts';
import { formatCount } from '../../formatCount.ts';
import { listNames } from '../../listNames.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import { type FollowerState, followers } from '../../source/back/followers.ts';
import { type Held, holdTables } from '../../source/back/holdTables.ts';
import { setSequences } from '../../source/back/setSequences.ts';
import { Stage } from '../../source/back/stage.ts';
import { parentsFirst, type WritableTable, writableTables } from '../../source/back/writableTables.ts';
import { writtenSince } from '../../source/changedSince.ts';
import type { DocumentAccess } from '../../target/documentAccess.ts';
import { assertNotMovedOn } from './assertNotMovedOn.ts';
import { checkPairs } from './checkPairs.ts';
import { assertEmpty } from './emptiness.ts';
import { ExperimentNumbers, numberExperiments } from './experimentNumbers.ts';
import { FaultBook } from './faultBook.ts';
import type { BackBasis } from './lookAtBoth.ts';
import { lookUp } from './lookUp.ts';
import { queueRollups } from './queueRollups.ts';
import { returnedRows } from './returnedRows.ts';
import { ownRows, type RowSource } from './rowSource.ts';
import { type Survey, surveyTable } from './surveyTable.ts';
import type { TablePlaces } from './tablePlaces.ts';
import { writeRows } from './writeRows.ts';

/** What a way back works with, and whether its writing is to be kept. */
export interface WriteBackInput {
  readonly basis: BackBasis;
  readonly display: string;
  /** How a collection of the target is read, by its name. */
  readonly access: (collection: string) => DocumentAccess;
  /** False writes, compares and undoes all of it: so that what PostgreSQL would refuse is known before. */
  readonly isKept: boolean;
  /** The plan that was agreed to, null where any is. */
  readonly agreedPlan: string | null;
}

/** What was found and written. */
export interface WrittenBack {
  readonly tables: Readonly<Record<string, BackTable>>;
  readonly faults: FaultBook;
  readonly plan: string;
  readonly isWritten: boolean;
  /** Null where faults kept it from being written and compared. */
  readonly provenAt: string | null;
  /** The same for the record of the target. */
  readonly held: Held;
  readonly rows: Readonly<Record<string, number>>;
  readonly writable: readonly WritableTable[];
  /** Experiments that have another number than their id. */
  readonly renumbered: readonly BackExperiment[];
}

/** A table with what speaks of its rows. */
interface Pair {
  readonly definition: CollectionDefinition;
  readonly of: WritableTable;
  readonly sources: readonly RowSource[];
}

/**
 * The whole way back in one transaction: holds the tables, compares every document with its row, writes what differs, compares every
 * document again, and says whether all of that is to be kept. Throws a MigrationError where it may not be, or did not become equal.
 */
export async function writeBack(
  client: pg.ClientBase,
  input: WriteBackInput,
): Promise<{ readonly result: WrittenBack; readonly isKept: boolean }> {
  const { basis, display, access, isKept, agreedPlan } = input;
  const { schema, proof } = basis;
  const places = new Map(basis.tables.map((one) => [one.definition.table, one]));
  const writable = await writableTables(client, schema, new Set(places.keys()), display);
  const held = await holdTables(client, writable);
  const numbers = await numbersOf(client, basis, access);
  const look = lookUp(client, basis, access, numbers);
  const pairs = parentsFirst(writable).map((of): Pair => {
    const { definition, places: own } = places.get(of.table.name) as TablePlaces;
    const sources = own.map(({ collection, returning }) =>
      returning === null ? ownRows(access(collection)) : returnedRows(returning, access(collection), look),
    );
    return { definition, of, sources };
  });
  const faults = new FaultBook();
  const digest = createHash('sha256');
  const isNewer = proof === null ? 'false' : writtenSince('t.xmin', proof.clock.transaction);
  const first = await surveyAll(client, pairs, { faults, isNewer, digest, look: 'plan' });
  if (basis.into === 'empty') assertEmpty(first.surveys, display);
  const isAnything = Object.values(first.surveys).some(
    ({ inserted, changed, deleted }) => inserted + changed + deleted > 0,
  );
  if (proof !== null && isAnything) assertNotMovedOn(proof, first.surveys, display);
  const plan = digest.digest('base64url').slice(0, 22);
  if (agreedPlan !== null && agreedPlan !== plan) {
    throw new MigrationError(
      'conflict',
      'What is to be written is not what was agreed to: documents or rows have changed since',
      {
        hint: 'Stop whatever writes to the target, and look at the plan again',
      },
    );
  }
  const tables = Object.fromEntries(Object.entries(first.surveys).map(([table, survey]) => [table, tableOf(survey)]));
  const found = { tables, faults, plan, held, writable, renumbered: numbers.renumbered };
  if (!faults.isEmpty) return { result: { ...found, isWritten: false, provenAt: null, rows: {} }, isKept: false };
  if (isAnything) {
    const mayCascade = first.staged.some(({ changed, deleted }) => changed + deleted > 0);
    const before = mayCascade ? await followers(client, schema.schema, writable) : null;
    await writeRows(client, schema.schema, first.staged);
    if (basis.owner.layout === 'mlflow') await queueRollups(client, schema, first.surveys);
    if (before !== null) assertLeftAlone(before, await followers(client, schema.schema, writable));
  }
  if (basis.owner.layout === 'tables')
    for (const { definition, of } of pairs)
      await checkPairs(client, access(definition.collection), of, schema.schema, faults);
  if (!faults.isEmpty) return { result: { ...found, isWritten: false, provenAt: null, rows: {} }, isKept: false };
  const rows = isAnything ? await proveAll(client, pairs) : rowsOf(first.surveys);
  const provenAt = new Date().toISOString();
  const isWritten = isKept && isAnything;
  if (isWritten) for (const { of } of pairs) await setSequences(client, of);
  return { result: { ...found, isWritten, provenAt, rows }, isKept: isWritten };
}

/** Only the store plugin gives experiments ids that are no numbers of PostgreSQL's. */
async function numbersOf(
  client: pg.ClientBase,
  { owner, schema, tables }: BackBasis,
  access: WriteBackInput['access'],
): Promise<ExperimentNumbers> {
  const isWanted = owner.layout === 'mlflow' && tables.some(({ definition }) => definition.table === 'experiments');
  return isWanted ? await numberExperiments(client, schema, access('experiments')) : new ExperimentNumbers([]);
}

/** What was not brought stays as it is: it must not go, or change, with the rows that it refers to. */
function assertLeftAlone(before: ReadonlyMap<string, FollowerState>, after: ReadonlyMap<string, FollowerState>): void {
  const isAsBefore = ({ rows }: FollowerState, now: FollowerState | undefined) =>
    now !== undefined && now.rows === rows && now.written === 0n;
  const hit = [...before].filter(([table, state]) => !isAsBefore(state, after.get(table))).map(([table]) => table);
  if (hit.length === 0) return;
  throw new MigrationError(
    'conflict',
    `PostgreSQL would change rows of ${listNames(hit)}, which no migration has brought, with the rows that they refer to: nothing was kept`,
    {
      hint: 'Delete those rows in PostgreSQL first if they may go, undo in the target what they refer to, or bring the documents back into an empty database',
    },
  );
}

interface SurveyOptions {
  readonly faults: FaultBook;
  readonly isNewer: string;
  readonly digest: Hash;
  /** Tells one look at all tables from another. */
  readonly look: string;
}

async function surveyAll(
  client: pg.ClientBase,
  pairs: readonly Pair[],
  { faults, isNewer, digest, look }: SurveyOptions,
) {
  const surveys: Record<string, Survey> = {};
  const staged = [];
  for (const [index, { definition, of, sources }] of pairs.entries()) {
    const stage = new Stage(client, of, `${look}_${index}`);
    const note = (what: string) => void digest.update(`${of.table.name} ${what}\n`);
    const survey = await surveyTable({ client, sources, definition, stage, faults, isNewer, note });
    surveys[of.table.name] = survey;
    staged.push({ stage, ...tableOf(survey) });
  }
  return { surveys, staged };
}

/** Compares every document with its row as it stands in the transaction now. Throws `verify-mismatch` where one is not equal; gives the rows of each table. */
async function proveAll(client: pg.ClientBase, pairs: readonly Pair[]): Promise<Record<string, number>> {
  const faults = new FaultBook();
  const options = { faults, isNewer: 'false', digest: createHash('sha256'), look: 'proof' };
  const { surveys } = await surveyAll(client, pairs, options);
  const different = Object.entries(surveys).filter(
    ([, { inserted, changed, deleted }]) => inserted + changed + deleted > 0,
  );
  if (different.length > 0 || !faults.isEmpty) {
    const named = different.map(
      ([table, { inserted, changed, deleted }]) => `${table} (${formatCount(inserted + changed + deleted)})`,
    );
    throw new MigrationError(
      'verify-mismatch',
      `Rows and documents were not equal once they were written: ${named.join(', ')}. Nothing was kept`,
      {
        hint: 'Something writes to the target meanwhile, or PostgreSQL keeps another value than it is given: stop the former, and look at the types and triggers of these tables',
      },
    );
  }
  return rowsOf(surveys);
}

function rowsOf(surveys: Readonly<Record<string, Survey>>): Record<string, number> {
  return Object.fromEntries(Object.entries(surveys).map(([table, { rows }]) => [table, rows]));
}

function tableOf({ documents, equal, inserted, changed, deleted }: BackTable): BackTable {
  return { documents, equal, inserted, changed, deleted };
}
