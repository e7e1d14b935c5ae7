import type { BsonElement } from '../../../../encoding/bsonElements.ts';

/**
 * How the rows of one table come back from a collection of the layout `mlflow`. A document becomes rows in the shape of the layout
 * `tables`, which `src/mlflow/layouts/tables/readRow.ts` reads: so types, JSON and NaN are dealt with there, for both layouts.
 */
export interface Returning {
  /** The SQL table. */
  readonly table: string;
  /** The layout's name of the collection. */
  readonly collection: string;
  /** Fields of its documents that are read, `_id` always; null for all of them. */
  readonly fields: readonly string[] | null;
  /** Columns that the documents say nothing of: a row keeps them, a new one gets NULL or the default. */
  readonly unsaid: readonly string[];
  /** Columns that a new row gets and one that is there keeps, such as identifiers that are made anew. */
  readonly onlyNew?: readonly string[];
  /** Texts, by column, that documents have where the row has NULL, as the plugin's readers take none: such a row stays as it is. */
  readonly standsForNull?: Readonly<Record<string, string>>;
  /** May several documents speak of one row? `same` where they must say the same of it, `first` where the first one counts; absent is no. */
  readonly repeated?: 'same' | 'first';
  /** Which documents are looked at, as MongoDB takes it; absent is all of them. */
  readonly filter?: Readonly<Record<string, unknown>>;
  /** What a page of documents becomes: rows in any number, and what cannot be told or expressed. */
  rows(page: readonly ReturnedDocument[], look: Lookup): Promise<ReturnedPage>;
}

/** Elements of a document by their names, in its order: bytes, so that nothing is rounded. */
export type Fields = ReadonlyMap<string, BsonElement>;

/** A document of the target. */
export interface ReturnedDocument {
  /** Its `_id`, for messages. */
  readonly shown: string;
  /** The fields that were asked for and are there, `_id` among them. */
  readonly fields: Fields;
}

export interface ReturnedPage {
  readonly rows: readonly ReturnedRow[];
  readonly faults: readonly ReturnedFault[];
}

/** What a column is given: an element as it stands in a document, or a value that follows from it. */
export type RowValue = BsonElement | string | bigint | number | boolean | null;

/** One row: values by column. Of a column that is absent nothing is said, and one that the table does not have is a fault. */
export interface ReturnedRow {
  /** `_id` of the document that it comes from, for messages. */
  readonly shown: string;
  readonly row: Readonly<Record<string, RowValue>>;
}

/** What of a document cannot stand in rows. Holds no value. */
export interface ReturnedFault {
  readonly shown: string;
  /** With dots for what is nested; empty for the document as a whole. */
  readonly field: string;
  readonly reason: string;
}

/** What a mapping may look up, once for a page of documents so that memory is bounded. */
export interface Lookup {
  /** Columns of the database that is written to; empty where it has no such table. */
  readonly columns: (table: string) => ReadonlySet<string>;
  /** Quoted name of a table, with its schema. */
  readonly relation: (table: string) => string;
  /** Asks the database that is written to, in the transaction: the rows as they stand before, in the proof as they stand after it was written. */
  source<T extends object>(sql: string, values: readonly unknown[]): Promise<readonly T[]>;
  /** Documents of another collection of the layout. */
  target(
    collection: string,
    filter: Readonly<Record<string, unknown>>,
    fields: readonly string[] | null,
  ): Promise<readonly ReturnedDocument[]>;
  /** The greatest time, by the field that tells when a document was made, of what a migration has brought; null where nothing tells. */
  readonly newest: (collection: string) => bigint | null;
  /** Number of an experiment, as text, by its `_id`; null where the target has no such experiment. */
  experimentId(id: string): Promise<string | null>;
}
