import type pg from 'pg';
import { quoteIdentifier } from '../../quoteSql.ts';
import type { WritableTable } from './writableTables.ts';

/** A row to write: its values by the columns of the table, undefined where the document does not say. */
export interface StagedRow {
  /** Digest of its key: equal for equal keys alone. */
  readonly digest: string;
  readonly values: readonly (string | null | undefined)[];
  /** Places of the columns that are written. */
  readonly columns: readonly number[];
}

/** What is kept of a table's rows: which of them have a document, and what is to become of the others. */
type Kept = 'seen' | 'said' | 'inserts' | 'changes';

/** How many rows a table has, and which of them have no document. */
export interface RowNumbers {
  readonly total: number;
  readonly unseen: number;
  readonly unseenSuch: number;
  readonly such: number;
  readonly gone: string;
}

/** Where PostgreSQL keeps a row now. */
export interface RowPlace {
  readonly relation: string;
  readonly tuple: string;
}

/**
 * What is to become of one table, kept in temporary tables of the transaction: so the memory of this program does not grow with it,
 * and PostgreSQL does the work at once. They end with the transaction.
 */
export class Stage {
  readonly of: WritableTable;
  readonly #client: pg.ClientBase;
  readonly #prefix: string;
  readonly #made = new Set<Kept>();
  /** Calls of {@link see} so far: which of them has noted a row tells whether another has, too. */
  #page = 0;

  /** `look` tells one look at the table from another of the same transaction. */
  constructor(client: pg.ClientBase, of: WritableTable, look: string) {
    this.of = of;
    this.#client = client;
    this.#prefix = `migrate_back_${look}`;
  }

  /** Made when it is needed: most tables have nothing to insert or to change, and many no rows at all. */
  async #make(what: Kept): Promise<void> {
    if (this.#made.has(what)) return;
    this.#made.add(what);
    const columns = this.of.columns.map((_column, place) => `v${place} text`).join(', ');
    const of =
      what === 'seen'
        ? 'relation oid, tuple tid, page int, unique (relation, tuple)'
        : what === 'said'
          ? 'digest text primary key, content text'
          : `digest text primary key, written text, ${columns}`;
    await this.#client.query(`create temporary table ${this.#rows(what)} (${of}) on commit drop`);
  }

  #rows(what: Kept): string {
    return `pg_temp.${quoteIdentifier(`${this.#prefix}_${what}`)}`;
  }

  /** The rows that have a document, as an item of a FROM clause. */
  #seen(): string {
    return this.#made.has('seen')
      ? this.#rows('seen')
      : '(select null::oid as relation, null::tid as tuple where false)';
  }

  /** Notes rows that have a document; gives the positions of those that another document has named already. */
  async see(places: readonly RowPlace[]): Promise<number[]> {
    if (places.length === 0) return [];
    await this.#make('seen');
    const { rowCount } = await this.#client.query(
      `insert into ${this.#rows('seen')} select r, c, $3 from unnest($1::oid[], $2::tid[]) u(r, c) on conflict do nothing`,
      [places.map(({ relation }) => relation), places.map(({ tuple }) => tuple), ++this.#page],
    );
    if (rowCount === places.length) return [];
    const { rows } = await this.#client.query<{ relation: string; tuple: string }>(
      `select relation::text, tuple::text from ${this.#rows('seen')} where page = $1`,
      [this.#page],
    );
    const fresh = new Set(rows.map(({ relation, tuple }) => `${relation} ${tuple}`));
    return places.flatMap(({ relation, tuple }, index) => {
      const isFirst = fresh.delete(`${relation} ${tuple}`);
      return isFirst ? [] : [index];
    });
  }

  /** Notes what was said of rows, and tells for each whether that was the first time, or the same again. */
  async say(
    rows: readonly { readonly digest: string; readonly content: string }[],
  ): Promise<readonly { readonly isFirst: boolean; readonly isSame: boolean }[]> {
    if (rows.length === 0) return [];
    await this.#make('said');
    const lists = [rows.map(({ digest }) => digest), rows.map(({ content }) => content)];
    const { rows: fresh } = await this.#client.query<{ digest: string }>(
      `insert into ${this.#rows('said')} select * from unnest($1::text[], $2::text[]) on conflict do nothing returning digest`,
      lists,
    );
    const { rows: known } = await this.#client.query<{ digest: string; content: string }>(
      `select digest, content from ${this.#rows('said')} where digest = any($1)`,
      [lists[0]],
    );
    const first = new Set(fresh.map(({ digest }) => digest));
    const contents = new Map(known.map(({ digest, content }) => [digest, content]));
    return rows.map(({ digest, content }) => ({
      isFirst: first.delete(digest),
      isSame: contents.get(digest) === content,
    }));
  }

  /** Puts rows aside to be inserted, or changed; gives the positions of those whose key another one has already. */
  async put(what: 'inserts' | 'changes', staged: readonly StagedRow[]): Promise<number[]> {
    if (staged.length === 0) return [];
    await this.#make(what);
    const columns = this.of.columns.map((_column, place) => staged.map(({ values }) => values[place] ?? null));
    const lists = ['digest', 'written', ...this.of.columns.map((_column, place) => `v${place}`)];
    const { rows } = await this.#client.query<{ digest: string }>(
      `insert into ${this.#rows(what)} select * from unnest(${lists.map((_name, index) => `$${index + 1}::text[]`).join(', ')})
         on conflict do nothing returning digest`,
      [staged.map(({ digest }) => digest), staged.map(({ columns: places }) => places.join(',')), ...columns],
    );
    const fresh = new Set(rows.map(({ digest }) => digest));
    return staged.flatMap(({ digest }, index) => (fresh.delete(digest) ? [] : [index]));
  }

  /** Rows of the table, those without a document, and those of them that `condition` over `t` holds for; `gone` tells which are without one, by their keys. */
  async countRows(condition: string): Promise<RowNumbers> {
    await this.#make('seen');
    const { rows } = await this.#client.query<Record<keyof RowNumbers, string>>(
      `select count(*) as total, count(*) filter (where s.tuple is null) as unseen,
              coalesce(sum(${this.#keyNumber()}) filter (where s.tuple is null), 0)::text as gone,
              count(*) filter (where s.tuple is null and ${condition}) as "unseenSuch",
              count(*) filter (where ${condition}) as such
         from ${this.of.from} left join ${this.#seen()} s on s.relation = t.tableoid and s.tuple = t.ctid`,
    );
    const { total, unseen, unseenSuch, such, gone } = rows[0] as NonNullable<(typeof rows)[0]>;
    return { total: Number(total), unseen: Number(unseen), unseenSuch: Number(unseenSuch), such: Number(such), gone };
  }

  /** A number of 60 bits that a row's key makes: their sum is that of the same rows in any order. */
  #keyNumber(): string {
    const { key, columns } = this.of.table;
    const names = key ?? columns.map(({ name }) => name);
    const texts = names.map((name) => `t.${quoteIdentifier(name)}::text`).join(', ');
    return `('x' || left(md5(row(${texts})::text), 15))::bit(60)::int8::numeric`;
  }

  /** Deletes the rows that no document has. Must come before anything else is written to the table. */
  async deleteUnseen(): Promise<number> {
    const only = this.of.from;
    const { rowCount } = await this.#client.query(
      `delete from ${only} where not exists (select from ${this.#seen()} s where s.relation = t.tableoid and s.tuple = t.ctid)`,
    );
    return rowCount ?? 0;
  }

  /** Writes what differs of the rows that were put aside for it, by their keys. */
  async change(): Promise<number> {
    const { columns, table, from } = this.of;
    const matches = columns.flatMap(({ name, type }, place) =>
      table.key?.includes(name) === true ? [`t.${quoteIdentifier(name)} = s.v${place}::${type}`] : [],
    );
    for (const [place, { name, isUniqueText }] of columns.entries()) {
      if (!isUniqueText || table.key?.includes(name) === true) continue;
      // One row may get what another one has until then, and PostgreSQL looks at each by itself: first all of them let go.
      await this.#client.query(
        `update ${from} set ${quoteIdentifier(name)} = s.digest from ${this.#rows('changes')} s
          where $1 = any(string_to_array(s.written, ',')::int[]) and ${matches.join(' and ')}`,
        [place],
      );
    }
    return await this.#eachShape('changes', async (written, places) => {
      const sets = places.map((place) => {
        const { name, type } = columns[place] as (typeof columns)[number];
        return `${quoteIdentifier(name)} = s.v${place}::${type}`;
      });
      const { rowCount } = await this.#client.query(
        `update ${from} set ${sets.join(', ')} from ${this.#rows('changes')} s where s.written = $1 and ${matches.join(' and ')}`,
        [written],
      );
      return rowCount ?? 0;
    });
  }

  /** Inserts the rows that were put aside for it; columns that a document does not name get their default. */
  async insert(): Promise<number> {
    const { columns, name } = this.of;
    return await this.#eachShape('inserts', async (written, places) => {
      const own = places.map((place) => columns[place] as (typeof columns)[number]);
      const { rowCount } = await this.#client.query(
        `insert into ${name} (${own.map((column) => quoteIdentifier(column.name)).join(', ')}) overriding system value
         select ${own.map(({ type }, index) => `s.v${places[index]}::${type}`).join(', ')} from ${this.#rows('inserts')} s where s.written = $1`,
        [written],
      );
      return rowCount ?? 0;
    });
  }

  /** Runs a statement for each set of columns that rows write, and adds up the rows. */
  async #eachShape(
    what: 'inserts' | 'changes',
    run: (written: string, places: readonly number[]) => Promise<number>,
  ): Promise<number> {
    const { rows } = await this.#client.query<{ written: string }>(`select distinct written from ${this.#rows(what)}`);
    let count = 0;
    for (const { written } of rows) count += await run(written, written.split(',').map(Number));
    return count;
  }
}
