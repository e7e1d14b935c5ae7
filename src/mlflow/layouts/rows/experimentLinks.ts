import {
  findColumn,
  findTable,
  type SourceForeignKey,
  type SourceSchema,
  type SourceTable,
} from '../../../contract/sourceSchema.ts';
import { tableReferences } from '../../schema/tableReferences.ts';
import { TYPED_ENDS, type TypedEnd } from './typedEnds.ts';

/** Where everything begins that hangs on experiments. */
export const EXPERIMENTS = 'experiments';

/** References of MLflow that no release declares, beside those by a type (typedEnds.ts). */
const UNDECLARED: Readonly<Record<string, readonly SourceForeignKey[]>> = {
  model_versions: [{ columns: ['run_id'], referencedTable: 'runs', referencedColumns: ['run_uuid'] }],
  registered_model_aliases: [
    {
      columns: ['workspace', 'name', 'version'],
      referencedTable: 'model_versions',
      referencedColumns: ['workspace', 'name', 'version'],
    },
    { columns: ['name', 'version'], referencedTable: 'model_versions', referencedColumns: ['name', 'version'] },
  ],
};

/** Names by which MLflow's tables refer to others, for a table that declares no way to an experiment. */
const BY_NAME: readonly (readonly [column: string, parent: string, key: string])[] = [
  ['experiment_id', EXPERIMENTS, 'experiment_id'],
  ['run_uuid', 'runs', 'run_uuid'],
  ['run_id', 'runs', 'run_uuid'],
  ['request_id', 'trace_info', 'request_id'],
  ['trace_id', 'trace_info', 'request_id'],
];

/** Tables that tell more of a row and nothing else: they come with it for whosesoever sake it comes. */
const DETAILS: Readonly<Record<string, string>> = {
  experiment_tags: EXPERIMENTS,
  logged_model_params: 'logged_models',
  logged_model_tags: 'logged_models',
  evaluation_dataset_records: 'evaluation_datasets',
};

const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar']);
/** Types that the id of an experiment is kept in. */
const ID_TYPES: ReadonlySet<string> = new Set([...TEXTS, 'int2', 'int4', 'int8']);

/** How the tables of a source hang on its experiments, by the keys that its catalog declares and those that MLflow has without. */
export class ExperimentLinks {
  readonly schema: SourceSchema;
  readonly #links: ReadonlyMap<string, readonly SourceForeignKey[]>;
  readonly #held: ReadonlySet<string>;

  constructor(schema: SourceSchema) {
    this.schema = schema;
    const declared = new Map(schema.tables.map((table) => [table.name, this.#declared(table)]));
    const held = this.#heldBy(declared);
    // A name alone is a weak sign, which counts where there is no other.
    const named = schema.tables.flatMap((table): [string, readonly SourceForeignKey[]][] =>
      held.has(table.name) ? [] : [[table.name, this.#byName(table)]],
    );
    this.#links = new Map([
      ...declared,
      ...named.map(([name, links]) => [name, [...(declared.get(name) ?? []), ...links]] as const),
    ]);
    this.#held = this.#heldBy(this.#links);
  }

  /** Is there a way from the table's rows up to an experiment? */
  isHeld(table: string): boolean {
    return this.#held.has(table);
  }

  /** What the rows of a table refer to in other tables. */
  of(table: string): readonly SourceForeignKey[] {
    return this.#links.get(table) ?? [];
  }

  /** Ends that are told by a type, as far as this release has both sides; none for other tables. */
  endsOf(table: string): readonly TypedEnd[] {
    return (TYPED_ENDS[table] ?? []).flatMap((end) => {
      if (!this.has(table, end.id) || (end.type !== null && !this.has(table, end.type))) return [];
      return [{ ...end, parents: end.parents.filter(({ parent, key }) => this.has(parent, key)) }];
    });
  }

  /**
   * The references that say whether a row hangs on an experiment, all of which must: an id of the experiment that stands in the row
   * beside a nearer owner, for speed, says nothing by itself.
   */
  deciding(table: string): readonly SourceForeignKey[] {
    const held = this.of(table).filter(({ referencedTable }) => this.isHeld(referencedTable));
    const isNearer = (link: SourceForeignKey) => link.referencedTable !== EXPERIMENTS && this.isPresent(table, link);
    return held.some(isNearer) ? held.filter(({ referencedTable }) => referencedTable !== EXPERIMENTS) : held;
  }

  /** Does every row refer to something by this reference? */
  isPresent(table: string, { columns }: SourceForeignKey): boolean {
    const found = findTable(this.schema, table);
    return found !== undefined && columns.every((column) => findColumn(found, column)?.notNull === true);
  }

  /** Does the table tell more of the row that this refers to, so that it comes with that row? Where nobody says so, its key holds the row's. */
  isDetail(table: string, link: SourceForeignKey): boolean {
    if (DETAILS[table] === link.referencedTable) return true;
    const key = findTable(this.schema, table)?.key ?? [];
    const isPart = link.columns.every((column) => key.includes(column)) && this.of(table).length === 1;
    return isPart && !this.isHeld(link.referencedTable);
  }

  has(table: string, column: string): boolean {
    const found = findTable(this.schema, table);
    return found !== undefined && findColumn(found, column) !== undefined;
  }

  #declared(table: SourceTable): SourceForeignKey[] {
    const undeclared = (UNDECLARED[table.name] ?? []).filter(
      ({ columns, referencedTable, referencedColumns }) =>
        columns.every((column) => this.has(table.name, column)) &&
        referencedColumns.every((column) => this.has(referencedTable, column)),
    );
    const all = [...tableReferences(this.schema, table), ...undeclared.slice(0, 1)];
    return all.filter(
      ({ referencedTable }) => referencedTable !== table.name && findTable(this.schema, referencedTable) !== undefined,
    );
  }

  #byName(table: SourceTable): SourceForeignKey[] {
    const found = BY_NAME.find(([column, parent, key]) => {
      const type = findColumn(table, column)?.type ?? '';
      const isComparable = parent === EXPERIMENTS ? ID_TYPES.has(type) : TEXTS.has(type);
      return isComparable && table.name !== parent && this.has(parent, key);
    });
    if (found === undefined || table.name in TYPED_ENDS) return [];
    const [column, referencedTable, key] = found;
    return [{ columns: [column], referencedTable, referencedColumns: [key] }];
  }

  #heldBy(links: ReadonlyMap<string, readonly SourceForeignKey[]>): ReadonlySet<string> {
    const held = new Set([EXPERIMENTS]);
    for (let before = 0; before < held.size; ) {
      before = held.size;
      for (const [table, references] of links) {
        const ends = this.endsOf(table).flatMap(({ parents }) => parents.filter(({ isNeeded }) => isNeeded !== true));
        const parents = [
          ...references.map(({ referencedTable }) => referencedTable),
          ...ends.map(({ parent }) => parent),
        ];
        if (parents.some((parent) => held.has(parent))) held.add(table);
      }
    }
    return held;
  }
}
