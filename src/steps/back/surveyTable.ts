import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { BackTable } from '../../contract/backReport.ts';
import { idKey, showKey } from '../../encoding/documentBatch.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import { type ReadRow, rowReader } from '../../mlflow/layouts/tables/readRow.ts';
import { findRows, lookUpByIndex } from '../../source/back/findRows.ts';
import type { Stage, StagedRow } from '../../source/back/stage.ts';
import type { DocumentAccess } from '../../target/documentAccess.ts';
import { scanCollection } from '../../target/scanCollection.ts';
import type { FaultBook } from './faultBook.ts';
import { differingColumns, insertedColumns } from './rowDifferences.ts';

/** What a look at one table works with. */
export interface SurveyPlace {
  readonly client: pg.ClientBase;
  readonly access: DocumentAccess;
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

/** Compares every document of a table with its row, and puts aside what is to be inserted and changed; which rows have no document is known afterwards. */
export async function surveyTable(place: SurveyPlace): Promise<Survey> {
  const { client, access, definition, stage, isNewer } = place;
  const read = rowReader(stage.of.table);
  const sums = { documents: 0, equal: 0, inserted: 0, changed: 0, newer: 0 };
  await lookUpByIndex(client, true);
  for await (const page of scanCollection(access, {})) {
    const rows = page.map((document): Keyed => keyed(place, document, read(document)));
    const usable = rows.filter((row): row is Usable => row.key !== null);
    const found = await findRows(
      client,
      stage.of,
      definition,
      usable.map(({ key }) => key),
      isNewer,
    );
    const inserts: (Usable & StagedRow)[] = [];
    const changes: (Usable & StagedRow)[] = [];
    const seen: Usable[] = [];
    usable.forEach((row, index) => {
      const there = found.get(index);
      if (there === undefined) {
        const { columns, faults } = insertedColumns(stage.of, row.read);
        for (const fault of faults) book(place, row, fault);
        inserts.push({ ...row, columns });
        return;
      }
      seen.push(row);
      const { columns, faults } = there.document.equals(row.document)
        ? SAME
        : differingColumns(stage.of, row.read, read(there.document));
      for (const fault of faults) book(place, row, fault);
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
      if (row !== undefined) book(place, row, { field: '', reason: 'another document has the same key' });
    }
    for (const { digest, columns } of inserts) place.note(`insert ${digest} ${columns.join()}`);
    for (const { digest, columns } of changes) place.note(`change ${digest} ${columns.join()}`);
    sums.documents += page.length;
    sums.inserted += inserts.length;
    sums.changed += changes.length;
  }
  await lookUpByIndex(client, false);
  const { total, unseen, unseenSuch, such } = await stage.countRows(isNewer);
  return { ...sums, deleted: unseen, rows: total, newer: sums.newer + unseenSuch, written: such };
}

const SAME = { columns: [], faults: [] } as const;

interface Keyed {
  readonly document: Buffer;
  readonly read: ReadRow;
  /** Texts of the key columns; null where the document has not all of them. */
  readonly key: readonly string[] | null;
}

interface Usable extends Keyed {
  readonly key: readonly string[];
  readonly digest: string;
  readonly values: ReadRow['values'];
}

function keyed(place: SurveyPlace, document: Buffer, read: ReadRow): Keyed | Usable {
  const { table, columns } = place.stage.of;
  const places = (table.key ?? []).map((name) => columns.findIndex((column) => column.name === name));
  const key = places.map((column) => read.values[column] ?? null);
  const row = { document, read, key: null };
  for (const fault of read.faults) book(place, row, fault);
  if (table.key === null) {
    book(place, row, { field: '', reason: 'the table has no key, by which the row of a document would be found' });
    return row;
  }
  if (!key.every((text) => text !== null)) {
    if (read.faults.length === 0)
      book(place, row, { field: '', reason: `it does not have all of its key: ${table.key.join(', ')}` });
    return row;
  }
  const digest = createHash('sha256').update(JSON.stringify(key)).digest('base64url');
  return { document, read, key, digest, values: read.values };
}

function book(
  { faults, stage }: SurveyPlace,
  { document }: Keyed,
  fault: { readonly field: string; readonly reason: string },
): void {
  faults.add({ table: stage.of.table.name, key: showKey(idKey(document)), ...fault });
}
