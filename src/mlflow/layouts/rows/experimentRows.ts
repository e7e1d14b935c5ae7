import type { ChosenExperiments } from '../../../contract/chosenExperiments.ts';
import { findTable, type SourceForeignKey, type SourceSchema } from '../../../contract/sourceSchema.ts';
import { quoteIdentifier, quoteLiteral } from '../../../quoteSql.ts';
import { EXPERIMENTS, ExperimentLinks } from './experimentLinks.ts';
import { matches, wholeRelation } from './relations.ts';
import type { TypedEnd, TypedParent } from './typedEnds.ts';

/**
 * Which rows come with chosen experiments, as conditions. Three ways lead there: a row hangs on an experiment, as each of its
 * owners does; or a row that comes refers to it, so that it comes along; or it tells more of one that comes. No reference of
 * a row that comes leads to one that stays, so that foreign keys stay whole. A row that joins what comes with what stays, stays.
 */
export class ExperimentRows {
  readonly #links: ExperimentLinks;
  readonly #chosen: ChosenExperiments;

  constructor(schema: SourceSchema, chosen: ChosenExperiments) {
    this.#links = new ExperimentLinks(schema);
    this.#chosen = chosen;
  }

  /** Condition for the rows of a table (over `alias`) that come; null where none can, as nothing of it hangs on an experiment. */
  wanted(table: string, alias: string): string | null {
    return this.#wanted(table, alias, []);
  }

  /**
   * A SELECT of the experiments that rows which come refer to beside the chosen ones, as `id`; null where there are none. In data
   * of 3.5 the experiment of a span often is another than its trace's; a run that moved has its datasets where it was.
   */
  besides(): string | null {
    const { tables } = this.#links.schema;
    const questions = tables.flatMap(({ name }) => {
      if (name === EXPERIMENTS) return [];
      const link = this.#links.of(name).find(({ referencedTable }) => referencedTable === EXPERIMENTS);
      const [column] = link?.columns ?? [];
      if (link === undefined || column === undefined || this.#links.isDetail(name, link)) return [];
      const isDecided = this.#links.deciding(name).includes(link) && this.#needed(name, 't', []).length === 0;
      const wanted = this.wanted(name, 't');
      if (isDecided || wanted === null) return [];
      const id = `t.${quoteIdentifier(column)}`;
      const from = `${wholeRelation(this.#links.schema, name)} t`;
      return [`select ${id}::text as id from ${from} where ${id} not in ${list(this.#chosen.ids)} and (${wanted})`];
    });
    return questions.length === 0 ? null : questions.join(' union ');
  }

  /**
   * How rows come under the choice without being written: by another row that was, such as a run that moved to another experiment.
   * `own`: in no other way; `null`: it cannot be told.
   */
  entrance(table: string): readonly SourceForeignKey[] | 'own' | null {
    if (!this.#links.isHeld(table) || this.#needed(table, 't', []).length > 0) return null;
    if (table === EXPERIMENTS) return 'own';
    if (this.#links.endsOf(table).length > 0) return null;
    const owners = this.#links.deciding(table).filter(({ referencedTable }) => referencedTable !== EXPERIMENTS);
    if (owners.length === 0) return 'own';
    const isTold = ({ referencedTable: owner }: SourceForeignKey) =>
      findTable(this.#links.schema, owner)?.canSample === true &&
      this.#links.deciding(owner).every(({ referencedTable }) => referencedTable === EXPERIMENTS);
    return owners.every((link) => isTold(link) && !this.#links.isDetail(table, link)) ? owners : null;
  }

  #wanted(table: string, alias: string, visited: readonly string[]): string | null {
    if (findTable(this.#links.schema, table) === undefined || visited.includes(table)) return null;
    if (table === EXPERIMENTS) {
      const { ids, besides } = this.#chosen;
      return `${alias}.experiment_id in ${list([...ids, ...besides])}`;
    }
    const hangs = this.#links.isHeld(table) ? this.#hangs(table, alias, visited) : null;
    const ways = [
      ...(hangs === null ? [] : [hangs]),
      ...this.#needed(table, alias, visited),
      ...this.#details(table, alias, visited),
    ];
    if (ways.length === 0) return null;
    return ways.length === 1 ? (ways[0] as string) : `(${ways.join(' or ')})`;
  }

  /** Rows whose every owner hangs on a chosen experiment. */
  #hangs(table: string, alias: string, visited: readonly string[]): string | null {
    if (visited.includes(table)) return null;
    if (table === EXPERIMENTS) return `${alias}.experiment_id in ${list(this.#chosen.ids)}`;
    const below = [...visited, table];
    const ends = this.#links.endsOf(table);
    if (ends.length > 0) return this.#hangsByEnds(ends, alias, below);
    const deciding = this.#links.deciding(table).filter(({ referencedTable }) => !below.includes(referencedTable));
    if (deciding.length === 0) return null;
    const isOptional = (link: SourceForeignKey) => !this.#links.isPresent(table, link);
    const conditions = deciding.map((link) => {
      const condition = this.#ownerHangs(table, link, alias, below);
      if (deciding.length === 1 || !isOptional(link)) return condition;
      return `(${anyNull(link, alias)} or ${condition})`;
    });
    if (deciding.length > 1 && deciding.every(isOptional))
      conditions.push(`not (${deciding.map((link) => `(${anyNull(link, alias)})`).join(' and ')})`);
    return conditions.join(' and ');
  }

  #ownerHangs(table: string, link: SourceForeignKey, alias: string, visited: readonly string[]): string {
    const { columns, referencedTable } = link;
    // What tells more of a row comes with it, for whosesoever sake that comes.
    const isDetail = this.#links.isDetail(table, link);
    if (referencedTable === EXPERIMENTS && columns.length === 1) {
      const { ids, besides } = this.#chosen;
      return `${alias}.${quoteIdentifier(columns[0] as string)} in ${list(isDetail ? [...ids, ...besides] : ids)}`;
    }
    const inner = `${alias}_${visited.length}`;
    const owner = isDetail
      ? this.#wanted(referencedTable, inner, visited)
      : this.#hangs(referencedTable, inner, visited);
    return this.#exists(referencedTable, inner, matches(link, alias, inner), owner);
  }

  /** Rows that link two things: those of one that hangs on a chosen experiment, and of none that hangs elsewhere. */
  #hangsByEnds(ends: readonly TypedEnd[], alias: string, visited: readonly string[]): string | null {
    const known = ends.flatMap(({ type, id, parents }) =>
      parents
        .filter(({ parent, isNeeded }) => isNeeded !== true && this.#links.isHeld(parent) && !visited.includes(parent))
        .map((parent) => {
          const inner = `${alias}_${visited.length}`;
          const isOfType = type === null ? null : isNamed(type, parent, alias);
          const owner = this.#hangs(parent.parent, inner, visited);
          const hangs = this.#exists(parent.parent, inner, keyMatches(parent, id, alias, inner), owner);
          return { isOfType, hangs };
        }),
    );
    if (known.length === 0) return null;
    const here = known.map(({ isOfType, hangs }) => (isOfType === null ? hangs : `(${isOfType} and ${hangs})`));
    const nowhereElse = known.flatMap(({ isOfType, hangs }) =>
      isOfType === null ? [] : [`(not ${isOfType} or ${hangs})`],
    );
    return [`(${here.join(' or ')})`, ...nowhereElse].join(' and ');
  }

  /** Rows that others refer to which come: a registered model by its versions, a secret by an endpoint's model. */
  #needed(table: string, alias: string, visited: readonly string[]): string[] {
    if (visited.includes(table) || table === EXPERIMENTS) return [];
    const below = [...visited, table];
    const inner = `${alias}_${below.length}`;
    const isHeld = this.#links.isHeld(table);
    return this.#links.schema.tables.flatMap(({ name }) => {
      if (name === table) return [];
      const links = isHeld
        ? []
        : this.#links.of(name).filter((link) => link.referencedTable === table && !this.#links.isDetail(name, link));
      const ends = this.#links
        .endsOf(name)
        .flatMap(({ type, id, parents }) =>
          parents
            .filter((parent) => parent.parent === table && parent.isNeeded === true)
            .map((parent) => ({ type, id, parent })),
        );
      if (links.length + ends.length === 0) return [];
      const wanted = this.#wanted(name, inner, below);
      if (wanted === null) return [];
      return [
        ...links.map((link) => this.#exists(name, inner, matches(reversed(link, name), alias, inner), wanted)),
        ...ends.map(({ type, id, parent }) => {
          const isOfType = type === null ? '' : `${isNamed(type, parent, inner)} and `;
          return this.#exists(name, inner, `${isOfType}${keyMatches(parent, id, inner, alias)}`, wanted);
        }),
      ];
    });
  }

  /** Rows that tell more of one which comes for another's sake, such as the tags of a registered model. */
  #details(table: string, alias: string, visited: readonly string[]): string[] {
    if (this.#links.isHeld(table)) return [];
    const below = [...visited, table];
    const inner = `${alias}_${below.length}`;
    return this.#links.of(table).flatMap((link) => {
      if (!this.#links.isDetail(table, link)) return [];
      const wanted = this.#wanted(link.referencedTable, inner, below);
      return wanted === null ? [] : [this.#exists(link.referencedTable, inner, matches(link, alias, inner), wanted)];
    });
  }

  #exists(table: string, alias: string, match: string, condition: string | null): string {
    const relation = wholeRelation(this.#links.schema, table);
    return `exists (select from ${relation} ${alias} where ${match} and ${condition ?? 'false'})`;
  }
}

/** A list for `in`, of literals that PostgreSQL takes for the column's own type. */
function list(values: readonly string[]): string {
  return `(${values.map(quoteLiteral).join(', ')})`;
}

function anyNull({ columns }: SourceForeignKey, alias: string): string {
  return columns.map((column) => `${alias}.${quoteIdentifier(column)} is null`).join(' or ');
}

function isNamed(type: string, { names }: TypedParent, alias: string): string {
  return `${alias}.${quoteIdentifier(type)} in ${list(names)}`;
}

/** Is the id at the end over `from` that of the row over `to`? */
function keyMatches({ key }: TypedParent, id: string, from: string, to: string): string {
  return `${to}.${quoteIdentifier(key)}::text = ${from}.${quoteIdentifier(id)}`;
}

/** The reference as seen from the row that is referred to. */
function reversed({ columns, referencedColumns }: SourceForeignKey, table: string): SourceForeignKey {
  return { columns: referencedColumns, referencedTable: table, referencedColumns: columns };
}
