import type { LayoutOptions } from '../../../contract/plan.ts';
import { findTable, type SourceSchema } from '../../../contract/sourceSchema.ts';
import { quoteIdentifier } from '../../../quoteSql.ts';
import type { IsWritten, JoinedCondition } from '../layout.ts';
import { ExperimentRows } from './experimentRows.ts';
import { allOf, matches, wholeRelation } from './relations.ts';
import { inWorkspace } from './workspaceRows.ts';

/** Which rows of a source are wanted at all: those of one workspace, those of some experiments. Every layout reads tables as this says. */
export class RowChoice {
  readonly schema: SourceSchema;
  /** The one workspace that is wanted, null for all. */
  readonly workspace: string | null;
  readonly #experiments: ExperimentRows | null;

  constructor(schema: SourceSchema, { workspace, experiments }: Pick<LayoutOptions, 'workspace' | 'experiments'>) {
    this.schema = schema;
    this.workspace = workspace;
    this.#experiments = experiments === undefined ? null : new ExperimentRows(schema, experiments);
  }

  /** Condition for the wanted rows of a table (over `alias`), null where all are. */
  scope(table: string, alias = 't'): string | null {
    if (findTable(this.schema, table) === undefined) return null;
    const ofWorkspace = this.workspace === null ? null : inWorkspace(this.schema, this.workspace, table, alias);
    const ofExperiments = this.#experiments === null ? null : (this.#experiments.wanted(table, alias) ?? 'false');
    return ofWorkspace === null
      ? ofExperiments
      : ofExperiments === null
        ? ofWorkspace
        : allOf(ofWorkspace, ofExperiments);
  }

  /** The wanted rows of a table as a FROM clause takes them, which gives them an alias. */
  relation(table: string): string {
    const scope = this.scope(table, 'x');
    const relation = wholeRelation(this.schema, table);
    if (scope === null) return relation;
    const found = findTable(this.schema, table);
    // Of a table without a key the whole row is one: nothing may stand beside its columns.
    const version = found?.canSample === true && found.key !== null ? ', x.xmin' : '';
    return `(select x.*${version} from ${relation} x where ${scope})`;
  }

  /** Conditions over `t` by table, for tables of which not all rows are wanted; none for `whole` ones, which say nothing of experiments or workspaces. */
  scopes(whole: ReadonlySet<string>): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.schema.tables.flatMap(({ name }) => {
        const scope = whole.has(name) ? null : this.scope(name);
        return scope === null ? [] : [[name, scope]];
      }),
    );
  }

  /** Does no row of the table come with the chosen experiments, whatever it holds? */
  leavesOut(table: string): boolean {
    return this.#experiments !== null && this.#experiments.wanted(table, 't') === null;
  }

  /**
   * Tells rows of a table that may be wanted since another row was written, rather than they; null where there are none. `unknown`:
   * any may. The owners that were written are joined once: asked for row by row they cost twenty times a look at the table.
   */
  entered(table: string): ((isWritten: IsWritten) => JoinedCondition) | null | 'unknown' {
    const entrance = this.#experiments === null ? 'own' : this.#experiments.entrance(table);
    if (entrance === null) return 'unknown';
    if (entrance === 'own') return null;
    return (isWritten) => {
      const byOwner = entrance.map((link, index) => {
        const alias = `entered_${index}`;
        const keys = link.referencedColumns.map((column) => `o.${quoteIdentifier(column)}`).join(', ');
        const from = `${wholeRelation(this.schema, link.referencedTable)} o`;
        const owners = `select distinct ${keys}, true as is_written from ${from} where ${isWritten('o.xmin')}`;
        return {
          join: ` left join (${owners}) ${alias} on ${matches(link, 't', alias)}`,
          condition: `${alias}.is_written is true`,
        };
      });
      return {
        joins: byOwner.map(({ join }) => join).join(''),
        condition: byOwner.map(({ condition }) => condition).join(' or '),
      };
    };
  }
}
