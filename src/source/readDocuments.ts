import pg from 'pg';
import type { KeyRange } from '../contract/plan.ts';
import { BsonWriter } from '../encoding/bsonWriter.ts';
import { type DocumentBatch, type DocumentLosses, idKey, type PoisonRow } from '../encoding/documentBatch.ts';
import { ByteShelf, type RowView } from '../encoding/rowView.ts';
import type { ChildDefinition, CollectionDefinition, JoinedRows } from '../mlflow/layouts/layout.ts';
import type { SourceDatabase } from './client.ts';
import { copyRows } from './copyRows.ts';

/** Bounds of one batch. */
export interface BatchLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** Where batches go. `write` is awaited before more is read, so it should return as soon as it can take another batch. */
export interface DocumentSink {
  write(batch: DocumentBatch): Promise<void>;
  poison(row: PoisonRow): void;
}

/** Root rows that are read before their children, adapted so that one page of children stays near this many bytes. */
const PAGE_BYTES = 4 * 1024 * 1024;
const FIRST_PAGE_ROWS = 200;
const MAX_PAGE_ROWS = 2_000;
/** Bytes of children at which a page is read again with fewer roots: those before told nothing of how large these are. */
const MAX_PAGE_BYTES = 32 * 1024 * 1024;

/**
 * Reads one range of a collection's rows as documents, in one snapshot, at bounded memory: rows are encoded as they
 * come, children page by page with their parents. Throws what {@link SourceDatabase.read} throws.
 */
export async function readDocuments(
  source: SourceDatabase,
  definition: CollectionDefinition,
  range: KeyRange,
  limits: BatchLimits,
  sink: DocumentSink,
): Promise<void> {
  const batcher = new Batcher(definition, limits, sink);
  await source.read(async (client) => {
    if (!definition.children.some(isRead)) {
      await copyRows(
        client,
        selectStatement(definition, range, null),
        definition.select.length,
        (row) => batcher.add(row, NO_CHILDREN),
        () => batcher.drain(),
      );
    } else {
      await readPages(client, definition, range, batcher);
    }
    await batcher.flush();
  });
}

const NO_CHILDREN: readonly (readonly RowView[])[] = [];
const NO_ROWS: readonly RowView[] = [];

/** Is the child read with pages of its parents, rather than joined to them? */
function isRead(child: ChildDefinition | JoinedRows): child is ChildDefinition {
  return 'from' in child;
}

async function readPages(
  client: pg.ClientBase,
  definition: CollectionDefinition,
  range: KeyRange,
  batcher: Batcher,
): Promise<void> {
  const keyCount = definition.orderBy.length;
  const linkAt = definition.select.length + keyCount;
  const links = uniqueLinks(definition.children.filter(isRead));
  const columnCount = linkAt + links.length;
  const linkPlaces = definition.children.map((child) => (isRead(child) ? linkAt + links.indexOf(linkName(child)) : -1));
  let pageRows = FIRST_PAGE_ROWS;
  let lower = range.lower;
  let isAfter = false;
  for (;;) {
    const page: RowView[] = [];
    const shelf = new ByteShelf();
    const select = selectStatement(definition, { lower, upper: range.upper }, { limit: pageRows, isAfter, links });
    await copyRows(
      client,
      select,
      columnCount,
      (row) => void page.push(row.snapshot(shelf)),
      () => undefined,
    );
    if (page.length === 0) return;
    let rows: readonly RowView[] = page;
    let family = await readFamily(client, definition, rows, linkPlaces);
    while (family.isTooLarge && rows.length > 1) {
      rows = rows.slice(0, Math.max(1, Math.floor((rows.length * PAGE_BYTES) / family.bytes)));
      family = await readFamily(client, definition, rows, linkPlaces);
    }
    for (const row of rows) {
      const children = linkPlaces.map((place, index) =>
        place < 0 ? NO_ROWS : (family.grouped[index]?.get(row.text(place)) ?? NO_ROWS),
      );
      batcher.add(row, children);
      const pause = batcher.drain();
      if (pause !== undefined) await pause;
    }
    if (page.length < pageRows && rows.length === page.length) return;
    const last = rows.at(-1) as RowView;
    lower = Array.from({ length: keyCount }, (_, index) => last.text(definition.select.length + index));
    isAfter = true;
    const bytes = rows.reduce((sum, row) => sum + row.byteLength, family.bytes);
    const fitting = Math.floor((rows.length * PAGE_BYTES) / Math.max(bytes, 1));
    pageRows = Math.max(1, Math.min(MAX_PAGE_ROWS, rows.length * 4, fitting));
  }
}

/** The children of a page's rows, by child and link. */
interface Family {
  readonly grouped: readonly (ReadonlyMap<string, readonly RowView[]> | null)[];
  /** Bytes of all children, of those that were not kept too. */
  readonly bytes: number;
  /** Were children left out, as there is not room for all? */
  readonly isTooLarge: boolean;
}

async function readFamily(
  client: pg.ClientBase,
  definition: CollectionDefinition,
  parents: readonly RowView[],
  linkPlaces: readonly number[],
): Promise<Family> {
  const grouped: (ReadonlyMap<string, readonly RowView[]> | null)[] = [];
  // The children of one root are one document: they are kept whatever there is of them.
  const room = parents.length === 1 ? Number.POSITIVE_INFINITY : MAX_PAGE_BYTES;
  let bytes = 0;
  for (const [index, child] of definition.children.entries()) {
    if (!isRead(child) || bytes > room) {
      grouped.push(null);
      continue;
    }
    const group = await readChildren(client, child, parents, linkPlaces[index] as number, room - bytes);
    bytes += group.bytes;
    grouped.push(group.rows);
  }
  return { grouped, bytes, isTooLarge: bytes > room };
}

/** Children of a page's rows, grouped by the text of their link; over `room` bytes they are only counted. */
async function readChildren(
  client: pg.ClientBase,
  child: ChildDefinition,
  parents: readonly RowView[],
  linkColumn: number,
  room: number,
): Promise<{ rows: Map<string, RowView[]>; bytes: number }> {
  const rows = new Map<string, RowView[]>();
  let shelf = new ByteShelf();
  let bytes = 0;
  const first = (parents[0] as RowView).text(linkColumn);
  const last = (parents.at(-1) as RowView).text(linkColumn);
  const link = tuple(child.link);
  const conditions = [`${link} >= ${linkLiteral(child.link, first)}`, `${link} <= ${linkLiteral(child.link, last)}`];
  if (child.where !== null) conditions.push(child.where);
  const select =
    `select ${[...child.select, linkText(child.link)].join(', ')} from ${child.from}` +
    ` where ${conditions.join(' and ')} order by ${child.orderBy.join(', ')}`;
  const at = child.select.length;
  await copyRows(
    client,
    select,
    at + 1,
    (row) => {
      bytes += row.byteLength;
      if (bytes > room) {
        rows.clear();
        shelf = new ByteShelf();
        return;
      }
      const key = row.text(at);
      const group = rows.get(key);
      const kept = row.snapshot(shelf);
      if (group === undefined) rows.set(key, [kept]);
      else group.push(kept);
    },
    () => undefined,
  );
  return { rows, bytes };
}

/** Links as one text each: the text of a single part, a JSON array of several, so that they cannot run together. */
function linkText(link: readonly string[]): string {
  const [only] = link;
  if (link.length === 1 && only !== undefined) return `(${only})::text`;
  return `jsonb_build_array(${link.map((part) => `(${part})::text`).join(', ')})::text`;
}

function linkLiteral(link: readonly string[], text: string): string {
  if (link.length === 1) return pg.escapeLiteral(text);
  return `(${(JSON.parse(text) as string[]).map((part) => pg.escapeLiteral(part)).join(', ')})`;
}

function linkName(child: ChildDefinition): string {
  return linkText(child.parentLink);
}

function uniqueLinks(children: readonly ChildDefinition[]): string[] {
  return [...new Set(children.map(linkName))];
}

function tuple(expressions: readonly string[]): string {
  return expressions.length === 1 ? (expressions[0] as string) : `(${expressions.join(', ')})`;
}

interface Page {
  readonly limit: number;
  /** Is the lower bound the last row of the page before (exclusive), rather than the range's own (inclusive)? */
  readonly isAfter: boolean;
  readonly links: readonly string[];
}

/** The SELECT of a range; with a page also the key's texts, to go on after it, and the links. */
function selectStatement(definition: CollectionDefinition, range: KeyRange, page: Page | null): string {
  const columns =
    page === null
      ? definition.select
      : [...definition.select, ...definition.orderBy.map((key) => `(${key})::text`), ...page.links];
  const conditions = definition.where === null ? [] : [definition.where];
  if (range.lower !== null) {
    const isAfter = page?.isAfter === true;
    conditions.push(boundCondition(isAfter ? definition.orderBy : definition.cutBy, isAfter ? '>' : '>=', range.lower));
  }
  if (range.upper !== null) conditions.push(boundCondition(definition.cutBy, '<', range.upper));
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  const order = definition.orderBy.length === 0 ? '' : ` order by ${definition.orderBy.join(', ')}`;
  return `select ${columns.join(', ')} from ${fromClause(definition, range)}${where}${order}${page === null ? '' : ` limit ${page.limit}`}`;
}

/** FROM for a range, narrowed by its bounds where the definition knows to use them. */
function fromClause(definition: CollectionDefinition, range: KeyRange): string {
  if (definition.fromWithin === undefined) return definition.from;
  const literals = (bound: KeyRange['lower']) => bound?.map((value) => pg.escapeLiteral(value)) ?? null;
  return definition.fromWithin(literals(range.lower), literals(range.upper));
}

function boundCondition(columns: readonly string[], operator: '>' | '>=' | '<', values: readonly string[]): string {
  const used = columns.slice(0, values.length);
  const literals = values.map((value) => pg.escapeLiteral(value));
  return `${tuple(used)} ${operator} ${literals.length === 1 ? literals[0] : `(${literals.join(', ')})`}`;
}

/** Gathers encoded documents into batches of bounded rows and bytes. */
class Batcher {
  private readonly definition: CollectionDefinition;
  private readonly limits: BatchLimits;
  private readonly sink: DocumentSink;
  private readonly full: DocumentBatch[] = [];
  private out: BsonWriter;
  private ends: number[] = [];
  private childRows: number[][] = [];
  private losses: DocumentLosses[] = [];

  constructor(definition: CollectionDefinition, limits: BatchLimits, sink: DocumentSink) {
    this.definition = definition;
    this.limits = limits;
    this.sink = sink;
    this.out = new BsonWriter();
  }

  add(row: RowView, children: readonly (readonly RowView[])[]): void {
    const { out } = this;
    const start = out.position;
    try {
      this.definition.encode(out, row, children);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.sink.poison({
        key: writtenId(out, start),
        reason: error.message,
        childRows: this.countChildren(row, children),
      });
      out.position = start;
      out.losses = [];
      return;
    }
    if (out.losses.length > 0) {
      this.losses.push({ document: this.ends.length, losses: out.losses });
      out.losses = [];
    }
    this.ends.push(out.position);
    if (this.definition.children.length > 0) this.childRows.push(this.countChildren(row, children));
    if (this.ends.length < this.limits.maxRows && out.position < this.limits.maxBytes) return;
    this.cut();
    this.out = new BsonWriter(Math.ceil(out.position * 1.1));
  }

  private countChildren(row: RowView, children: readonly (readonly RowView[])[]): number[] {
    return this.definition.children.map((child, index) =>
      'countAt' in child ? Number(row.integer(child.countAt) ?? 0n) : (children[index]?.length ?? 0),
    );
  }

  /** Hands full batches over; a promise where there is something to wait for. */
  drain(): Promise<void> | undefined {
    return this.full.length === 0 ? undefined : this.writeFull();
  }

  async flush(): Promise<void> {
    if (this.ends.length > 0) this.cut();
    await this.writeFull();
  }

  private cut(): void {
    this.full.push({
      bytes: this.out.buffer.subarray(0, this.out.position),
      ends: this.ends,
      childRows: this.childRows,
      ...(this.losses.length === 0 ? {} : { losses: this.losses }),
    });
    this.ends = [];
    this.childRows = [];
    this.losses = [];
  }

  private async writeFull(): Promise<void> {
    for (let batch = this.full.shift(); batch !== undefined; batch = this.full.shift()) await this.sink.write(batch);
  }
}

/** `_id` that the encoder had written before it failed, if it came so far. */
function writtenId(out: BsonWriter, start: number): string | null {
  if (out.position <= start + 9) return null;
  try {
    return idKey(out.buffer.subarray(start, out.position));
  } catch {
    return null;
  }
}
