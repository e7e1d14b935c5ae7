/** Which tables of a source a run carries: those named, null for all, without those excluded. */
export interface TableChoice {
  readonly tables: readonly string[] | null;
  /** Absent in what releases before the option have stored. */
  readonly exclude?: readonly string[];
}

export function isChosen({ tables, exclude = [] }: TableChoice, table: string): boolean {
  return (tables === null || tables.includes(table)) && !exclude.includes(table);
}

export function choosesAll({ tables, exclude = [] }: TableChoice): boolean {
  return tables === null && exclude.length === 0;
}
