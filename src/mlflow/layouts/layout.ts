import type { LayoutOptions } from '../../contract/plan.ts';
import type { SourceSchema } from '../../contract/sourceSchema.ts';
import type { BsonWriter } from '../../encoding/bsonWriter.ts';
import type { RowView } from '../../encoding/rowView.ts';
import type { Problem } from '../../errors.ts';

/**
 * A layout is a set of collection definitions. Planning, copying, validating and reporting know these definitions only,
 * never a layout's name: a new layout is one file that builds them from what the catalog says.
 */
export interface LayoutDefinition {
  readonly collections: readonly CollectionDefinition[];
  /** Tables of MLflow whose rows stand in `_migration` instead of a collection, whether the source has them or not. */
  readonly markerTables: ReadonlySet<string>;
  /** Things that a reader of the report should know of this schema in this layout. */
  readonly notes: readonly SchemaNote[];
  /** Condition over `t` for the rows of a table that are wanted at all (those of one workspace, or of some experiments); absent for all rows. The definitions read no others. */
  readonly scopes: Readonly<Record<string, string>>;
  /** Questions to the source's data that must be answered before anything is moved. */
  readonly checks: readonly LayoutCheck[];
  /** How to tell documents of the target that no migration has written. */
  readonly laterWrites: readonly LaterWrites[];
  /** The same by time alone: what is newer than everything that the source has ever shown did not come from it. */
  readonly newest: readonly NewestQuestion[];
}

/** When the newest row was made from which the documents of a collection come. */
export interface NewestQuestion {
  readonly collection: string;
  /** Field of the documents that holds the time, as an integer. */
  readonly field: string;
  /** Is there an index of the collection that begins with the field? */
  readonly isIndexed: boolean;
  /** Asks the source; the one row has `newest`, the greatest time as an integer in text, null where there is none. */
  readonly sql: string;
}

/** How to tell documents of a collection that the reader of the layout has written, in another way than a migration does. */
export type LaterWrites = FilteredWrites | KeyedWrites;

/** Told by the server: what matches the filter (as MongoDB takes it) was not written by a migration. */
export interface FilteredWrites {
  readonly collection: string;
  readonly filter: Readonly<Record<string, unknown>>;
}

/** Told by the key alone: an `_id` that a migration would have made otherwise. */
export interface KeyedWrites {
  readonly collection: string;
  /** Fields beside `_id` that {@link isLater} looks at. */
  readonly fields: readonly string[];
  /** Another document that it takes to tell: the one of that collection whose `_id` the field holds. */
  readonly parent?: { readonly field: string; readonly collection: string; readonly fields: readonly string[] };
  /** Has the reader written this document? ObjectIds are BSON's own; `parent` is null where there is none. */
  isLater(document: TargetDocument, parent: TargetDocument | null): boolean;
}

/** Some fields of a document in the target. */
export type TargetDocument = Readonly<Record<string, unknown>>;

/** A question to the source's data whose answer may say that the layout cannot hold it. */
export interface LayoutCheck {
  readonly sql: string;
  /** What is wrong by the rows that the question was answered with, null where nothing is. */
  describe(rows: readonly Readonly<Record<string, unknown>>[]): Problem | null;
}

/** What the report says of a table or a column that stands otherwise in the target. */
export interface SchemaNote {
  readonly table: string;
  readonly field?: string;
  /** The reference that it says is not looked at, as `params → runs`; absent where it is about something else. */
  readonly unseenReference?: string;
  readonly message: string;
}

/**
 * One collection of a layout: which rows it takes, in which order they are read, how one row becomes one document, and what
 * must stand beside the documents. Planning, copying, comparing and reporting know a layout by these alone.
 */
export interface CollectionDefinition {
  /** Name of the target collection. */
  readonly collection: string;
  /** Table whose rows become the documents, one each. */
  readonly table: string;
  /** FROM clause, with the alias `t`. */
  readonly from: string;
  /**
   * FROM clause for a range's rows alone, where {@link from} is more than a table: bounds as SQL literals of the cut columns
   * (lower inclusive, upper exclusive, null for none), so that what is joined is read by range too.
   */
  fromWithin?(lower: readonly string[] | null, upper: readonly string[] | null): string;
  /** The root table alone, with the alias `t`, for sampling keys and finding rows by {@link rowKey}; where {@link from} is more than a table. */
  readonly rootFrom?: string;
  /** Expressions over `t`, in the order in which {@link encode} finds them in the row. */
  readonly select: readonly string[];
  /** Condition over `t`, or null for all rows. */
  readonly where: string | null;
  /** Expressions over `t` in the order of reading, which is the order of `_id`s within one parent; empty where none is needed (no children are read). */
  readonly orderBy: readonly string[];
  /** Expressions that ranges are cut by, the leading part of {@link orderBy} unless that is empty; empty where the table is read in one piece. */
  readonly cutBy: readonly string[];
  /** Is {@link cutBy} a digest of the whole row, in hexadecimal digits? Ranges are cut without a look at the rows then, and each costs reading all of the table. */
  readonly isCutByDigest?: true;
  /**
   * Expression over `t` that is the transaction which last wrote everything the document is made of (`t.xmin` of a plain
   * table), or null where no such thing is known: then catching up compares every row again.
   */
  readonly rowVersion: string | null;
  /** The same for the root's row alone, where {@link rowVersion} is null for the sake of what else stands in the document: it tells whether documents may have come or gone. */
  readonly rootVersion?: string | null;
  /** Tells rows that may be wanted since another row was written, and not they: beside either version. Absent where there are none. */
  readonly entered?: (isWritten: IsWritten) => JoinedCondition;
  /** Documents that rows beside them can change without leaving a trace in {@link rowVersion}, by coming or going; absent where there are none. */
  readonly joined?: JoinedDocuments;
  readonly children: readonly (ChildDefinition | JoinedRows)[];
  /** Fields that every document has and that may be a shard key; absent where only `_id` and the indexes tell some. */
  readonly fields?: readonly string[];
  /** Fields that some documents leave out; absent where all have the same. */
  readonly optionalFields?: readonly string[];
  /** Paths of texts, with `#` for any element of an array, that a document goes without (null stands there) where it is larger than the target takes: the largest first, and no more than it must. Absent where it is refused then. */
  readonly expendable?: readonly string[];
  /** Version of the rule by which `_id`s follow from rows, where there has been more than one; absent is the first. Documents of another would stand beside these. */
  readonly idVersion?: 2;
  /**
   * How a document's row is found by what the document holds, by an index of the source; absent where the key has parts that one of
   * them writes otherwise, or there is none. See also {@link JoinedDocuments.lone}.
   */
  readonly rowKey?: readonly RowKeyPart[];
  /** Field by which the collection is sharded, where one is configured. */
  readonly shardKey?: string;
  readonly indexes: readonly IndexDefinition[];
  /** References that the documents must keep: the foreign keys of the schema and of MLflow's own model of which both ends are carried. */
  readonly references: readonly ReferenceDefinition[];
  /**
   * Writes one whole document. `children[i]` are the rows of `children[i]` that belong to the row, in their order.
   * Throws a RangeError for a value that BSON cannot hold.
   */
  encode(out: BsonWriter, row: RowView, children: readonly (readonly RowView[])[]): void;
}

/** One column of a table's key. */
export interface RowKeyPart {
  /** Of the documents. */
  readonly field: string;
  /** Expression over `t`. */
  readonly column: string;
  /** Type of the parameter that it is compared with. */
  readonly type: 'text' | 'int8' | 'bool' | 'float8';
}

/** Rows of another table that stand inside the document. */
export interface ChildDefinition {
  readonly table: string;
  readonly from: string;
  /** Expressions that the encoder reads; the link columns come after them. */
  readonly select: readonly string[];
  readonly where: string | null;
  /** Expressions over the child's `t`, equal to the parent's {@link parentLink}; ordered and compared by the server. */
  readonly link: readonly string[];
  /** Expressions over the parent's `t`: the leading part of its order of reading. */
  readonly parentLink: readonly string[];
  /** Null where the rows of one parent are in the order of the bytes of their first column, a text: that costs the server more than it costs here. */
  readonly orderBy: readonly string[] | null;
  /** Do these rows count as arrived with the parent (true), or has the table a collection of its own (false)? */
  readonly isCounted: boolean;
}

/** Rows of another table that the root's FROM clause joins: they count as arrived with the document, none is read apart. */
export interface JoinedRows {
  readonly table: string;
  /**
   * Place in the SELECT of an int8 that says how many rows of the table the document stands for. For the root's own
   * table it corrects the count of one: -1 in a document that stands for no row of it.
   */
  readonly countAt: number;
  readonly where: null;
  readonly isCounted: true;
}

/**
 * Documents that hold joined rows, one of each joined table. Which document such a row stands in follows from other rows:
 * where one of these goes, it moves to another document, and neither is newer for it. So all of them are compared in every
 * pass; and where the target
 * has more of them than the source, some have lost what they were joined with, and the table is read as a whole again.
 */
export interface JoinedDocuments {
  /** Condition over `t`. */
  readonly condition: string;
  /** The same of the target's documents, as MongoDB takes it. */
  readonly filter: Readonly<Record<string, unknown>>;
  /** Those that stand for a joined row alone, and how that is found; absent where {@link CollectionDefinition.rowKey} is. */
  readonly lone?: LoneRows;
}

/** Joined rows that have a document of their own, without a row of the root table. */
export interface LoneRows {
  /** Their table, with the alias `t`. */
  readonly from: string;
  readonly where: string | null;
  readonly rowKey: readonly RowKeyPart[];
  /** Is the document one of them? Takes `_id` and the fields of both keys; int64 as bigint. */
  isLone(document: TargetDocument): boolean;
}

/** An index of the target that stands for one of the source, or that the reader of the layout needs. */
export interface IndexDefinition {
  readonly keys: readonly (readonly [field: string, direction: 1 | -1])[];
  readonly isUnique: boolean;
  /** Unique only among documents in which these fields are not null (SQL lets NULLs repeat): field → BSON type name. */
  readonly presentFields?: Readonly<Record<string, string>>;
  readonly name?: string;
  /** Do its fields hold all that the `_id` is made of? Then no two documents can have the same values. */
  readonly holdsKey?: true;
  /** Name of the unique index that this plain one stands for, by what was asked for (`src/contract/uniqueIndexes.ts`). */
  readonly plainOf?: string;
}

/** A foreign key of the source as it shows between documents: nothing enforces it in the target, so the checks do. */
export interface ReferenceDefinition {
  readonly fields: readonly string[];
  readonly collection: string;
  readonly referencedFields: readonly string[];
  /** Is there an index of the collection that begins with the fields? */
  readonly isIndexed: boolean;
  /** The same in the source, to tell whether an orphan was one before. */
  readonly source: {
    readonly table: string;
    readonly columns: readonly string[];
    readonly referencedTable: string;
    readonly referencedColumns: readonly string[];
  };
}

/** Makes a condition of an expression for the transaction that wrote a row: was that one of those asked for? */
export type IsWritten = (version: string) => string;

/** A condition that needs more than the rows `t` themselves. */
export interface JoinedCondition {
  /** Joins that a FROM clause with `t` goes on with; each finds one row at most. */
  readonly joins: string;
  readonly condition: string;
}

/** Builds a layout's definitions; pure, so that every activity gets the same from the same plan. */
export type LayoutBuilder = (schema: SourceSchema, options: LayoutOptions) => LayoutDefinition;
