import { idKey, showKey } from '../../encoding/documentBatch.ts';
import type { DocumentAccess } from '../../target/documentAccess.ts';
import { scanCollection } from '../../target/scanCollection.ts';

/** A row of a table as a document of the layout `tables`, whatever stands in the target. */
export interface RowDocument {
  readonly document: Buffer;
  /** `_id` of the document that it comes from, for people. */
  readonly shown: string;
}

/** What of a document cannot become rows. */
export interface RowFault {
  readonly shown: string;
  readonly field: string;
  readonly reason: string;
}

/** Some rows of a table, and what could not become any. */
export interface RowPage {
  readonly rows: readonly RowDocument[];
  readonly faults: readonly RowFault[];
}

/** Where rows of one table come from, and what of them is said there. */
export interface RowSource {
  /** Columns of which it says nothing: a row keeps them. Any other column that a row document lacks is NULL. */
  readonly unsaid: ReadonlySet<string>;
  /** Columns that a new row gets and one that is there keeps. */
  readonly onlyNew: ReadonlySet<string>;
  /** Texts that stand for NULL, by column. */
  readonly standsForNull: ReadonlyMap<string, string>;
  /** May it speak of a row that was spoken of? `same` where it must say the same, `first` where what was said first counts. */
  readonly repeated: 'no' | 'same' | 'first';
  pages(): AsyncIterable<RowPage>;
}

/** A source that says all of its rows, once. */
export const WHOLE_ROWS: Omit<RowSource, 'pages'> = {
  unsaid: new Set(),
  onlyNew: new Set(),
  standsForNull: new Map(),
  repeated: 'no',
};

/** Rows of a collection that holds them in the shape of the layout `tables`. */
export function ownRows(access: DocumentAccess): RowSource {
  return { ...WHOLE_ROWS, pages: () => pagesOf(access) };
}

async function* pagesOf(access: DocumentAccess): AsyncGenerator<RowPage, void> {
  for await (const page of scanCollection(access, {})) {
    yield { rows: page.map((document) => ({ document, shown: showKey(idKey(document)) })), faults: [] };
  }
}
