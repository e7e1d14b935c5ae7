/** The tables of every MLflow database, in the order of the original tool's report. */
const CORE_TABLES: readonly string[] = [
  'experiments',
  'runs',
  'metrics',
  'params',
  'tags',
  'registered_models',
  'model_versions',
];

export type NamedTable<T> = readonly [name: string, table: T];

/** Tables in the order in which people look for them. */
export interface TableGroups<T> {
  /** The seven that everybody knows, empty or not. */
  readonly core: readonly NamedTable<T>[];
  /** The others, the largest first. */
  readonly others: readonly NamedTable<T>[];
  /** Names of those that hold nothing, and of which there is nothing to tell. */
  readonly empty: readonly string[];
}

/** Groups tables for a report. `isWorthTelling` keeps an empty one among the others, such as for its errors. */
export function groupTables<T>(
  tables: Readonly<Record<string, T>>,
  rowsOf: (table: T) => number,
  isWorthTelling: (table: T, name: string) => boolean = () => false,
): TableGroups<T> {
  const core = CORE_TABLES.flatMap((name): NamedTable<T>[] => {
    const table = tables[name];
    return table === undefined ? [] : [[name, table]];
  });
  const rest = Object.entries(tables).filter(([name]) => !CORE_TABLES.includes(name));
  const isListed = ([name, table]: NamedTable<T>) => rowsOf(table) > 0 || isWorthTelling(table, name);
  return {
    core,
    others: rest.filter(isListed).toSorted(([, one], [, other]) => rowsOf(other) - rowsOf(one)),
    empty: rest.filter((table) => !isListed(table)).map(([name]) => name),
  };
}
