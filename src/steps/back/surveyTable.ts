import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { BackTable } from '../../contract/backReport.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import { type ReadRow, rowReader } from '../../mlflow/layouts/tables/readRow.ts';
import { findRows } from '../../source/back/findRows.ts';
import type { Stage, StagedRow } from '../../source/back/stage.ts';
import { lookUpByIndex } from '../../source/lookUpByIndex.ts';
import type { FaultBook } from './faultBook.ts';
import { differingColumns, insertedColumns } from './rowDifferences.ts';
import type { RowDocument, RowSource } from './rowSource.ts';

/** What a look at one table works with. */
export interface SurveyPlace {
  readonly client: pg.ClientBase;
  /** Where its rows come from, one after the other. */
  readonly sources: readonly RowSource[];
  /** How a row of the table is read as a document. */
  readonly definition: CollectionDefinition;
  readonly stage: Stage;
  readonly faults: FaultBook;
  /** Condition over `t` for rows that were written since the proof; `false` where there is none. */
  readonly isNewer: string;
  /** Adds to what is to be written: a table that is brought back the same way has the same digest. */
  readonly note: (what: string) => void;
}

/** What a look has found: what is to be done with each row, and how many of those rows were written since the proof. */
export interface Survey extends BackTable {
  /** Rows of the table now. */
  readonly rows: number;
  /** Rows that are to be changed or deleted, and were written since the proof. */
  readonly newer: number;
  /** Rows that were written since the proof, equal to their documents or not. */
  readonly written: number;
}

/** Compares everything that the target says of a table with its rows, and puts aside what is to be inserted and changed; which rows nothing speaks of is known afterwards. */
export async function surveyTable(place: SurveyPlace): Promise<Survey> {
  const { client, stage, isNewer, sources } = place;
  const look: Look = { ...place, reader: rowReader(stage.of.table) };
  const sums = { documents: 0, equal: 0, inserted: 0, changed: 0, newer: 0 };
  await lookUpByIndex(client, true);
  const isRepeated = sources.some(({ repeated }) => repeated !== 'no');
  for (const source of sources) {
    for await (const { rows, faults } of source.pages()) {
      for (const fault of faults) book(look, fault, fault);
      if (rows.length === 0) continue;
      const page = rows.map((row): Keyed => keyed(look, row));
      const usable = page.filter((row): row is Usable => row.key !== null);
      const fresh = isRepeated ? await notSaid(look, source, usable) : usable;
      await surveyPage(look, source, fresh, sums);
      sums.documents += page.length - usable.length + fresh.length;
    }
  }
  await lookUpByIndex(client, false);
  const { total, unseen, unseenSuch, such, gone } = await stage.countRows(isNewer);
  look.note(`delete ${unseen} ${gone}`);
  return { ...sums, deleted: unseen, rows: total, newer: sums.newer + unseenSuch, written: such };
}

type Sums = Record<'documents' | 'equal' | 'inserted' | 'changed' | 'newer', number>;

async function surveyPage(look: Look, source: RowSource, usable: readonly Usable[], sums: Sums): Promise<void> {
  const { client, definition, stage, isNewer } = look;
  const keys = usable.map(({ key }) => key);
  const found = await findRows(client, stage.of, definition, keys, isNewer);
  const inserts: (Usable & StagedRow)[] = [];
  const changes: (Usable & StagedRow)[] = [];
  const seen: Usable[] = [];
  usable.forEach((row, index) => {
    const there = found.get(index);
    if (there === undefined) {
      const { columns, faults } = insertedColumns(stage.of, source, row.read);
      for (const fault of faults) book(look, row, fault);
      inserts.push({ ...row, columns });
      return;
    }
    seen.push(row);
    const { columns, faults } = there.document.equals(row.document)
      ? SAME
      : differingColumns(stage.of, source, row.read, look.reader(there.document));
    for (const fault of faults) book(look, row, fault);
    if (columns.length === 0) sums.equal++;
    else changes.push({ ...row, columns });
    if (columns.length > 0 && there.isSuch) sums.newer++;
  });
  const places = [...found].toSorted(([one], [other]) => one - other).map(([, row]) => row);
  const doubles = [
    ...(await stage.see(places)).map((index) => seen[index]),
    ...(await stage.put('inserts', inserts)).map((index) => inserts[index]),
    ...(await stage.put('changes', changes)).map((index) => changes[index]),
  ];
  for (const row of new Set(doubles)) {
    if (row !== undefined) book(look, row, { field: '', reason: 'another document has the same key' });
  }
  for (const { digest, columns } of inserts) look.note(`insert ${digest} ${columns.join()}`);
  for (const { digest, columns } of changes) look.note(`change ${digest} ${columns.join()}`);
  sums.inserted += inserts.length;
  sums.changed += changes.length;
}

const SAME = { columns: [], faults: [] } as const;

/** A look at a table with what reads its documents. */
interface Look extends SurveyPlace {
  readonly reader: (document: Buffer) => ReadRow;
}

interface Keyed extends RowDocument {
  readonly read: ReadRow;
  /** Texts of the key columns; null where the document has not all of them. */
  readonly key: readonly string[] | null;
}

/** A row whose key is known, so that it can be found. */
export interface Usable extends Keyed {
  readonly key: readonly string[];
  readonly digest: string;
  readonly values: ReadRow['values'];
}

function keyed(look: Look, { document, shown }: RowDocument): Keyed | Usable {
  const { table, columns } = look.stage.of;
  const read = look.reader(document);
  const places = (table.key ?? []).map((name) => columns.findIndex((column) => column.name === name));
  const key = places.map((column) => read.values[column] ?? null);
  const row = { document, shown, read, key: null };
  for (const fault of read.faults) book(look, row, fault);
  if (table.key === null) {
    book(look, row, { field: '', reason: 'the table has no key, by which the row of a document would be found' });
    return row;
  }
  if (!key.every((text) => text !== null)) {
    if (read.faults.length === 0)
      book(look, row, { field: '', reason: `it does not have all of its key: ${table.key.join(', ')}` });
    return row;
  }
  const digest = createHash('sha256').update(JSON.stringify(key)).digest('base64url');
  return { ...row, key, digest, values: read.values };
}

/** What of a row was not said before; what was and may not be again is a fault. */
async function notSaid(look: Look, { repeated }: RowSource, rows: readonly Usable[]): Promise<readonly Usable[]> {
  const said = await look.stage.say(rows.map(({ digest, read }) => ({ digest, content: contentDigest(read) })));
  return rows.filter((row, index) => {
    const { isFirst, isSame } = said[index] as (typeof said)[0];
    if (isFirst) return true;
    if (repeated === 'no') book(look, row, { field: '', reason: 'another document has the same key' });
    else if (repeated === 'same' && !isSame)
      book(look, row, { field: '', reason: 'another document says something else of the same row' });
    return false;
  });
}

function contentDigest({ comparable }: ReadRow): string {
  return createHash('sha256').update(JSON.stringify(comparable)).digest('base64url');
}

function book(
  { faults, stage }: SurveyPlace,
  { shown }: { readonly shown: string },
  { field, reason }: { readonly field: string; readonly reason: string },
): void {
  faults.add({ table: stage.of.table.name, key: shown, field, reason });
}
