import type { LayoutName } from '../contract/layoutName.ts';

/** What a layout is for, one sentence each: whoever asks which layout to take is told these. */
export interface LayoutGuide {
  readonly reader: string;
  readonly targets: string;
  readonly status: string;
  /** What is done with a target that was migrated in it. */
  readonly next: string;
}

/** The facts of docs/after-migration.md and docs/reference/served-features.md. */
export const LAYOUT_GUIDE: Readonly<Record<LayoutName, LayoutGuide>> = {
  tables: {
    reader: 'Genesis-Flow reads it: one collection for each table',
    targets: 'every target: MongoDB, Azure DocumentDB, Cosmos DB with request units',
    status: 'tested with MLflow 1.12 to 3.18; MLflow itself does not read it',
    next: 'Point Genesis-Flow at the target',
  },
  mlflow: {
    reader: 'MLflow itself reads it, with the store plugin mlflow-mongodb',
    targets: 'MongoDB 8.0 or later; untried on Azure DocumentDB, not on request units',
    status: 'that of the plugin 0.1.0b2, a beta; its 0.1.0 was not compared',
    next: 'Start MLflow on the target: "Switch MLflow over" in docs/after-migration.md',
  },
};

/** A layout in three lines for a terminal, none over 80 columns, the first with its name. */
export function layoutLines(layout: LayoutName): string[] {
  const { reader, targets, status } = LAYOUT_GUIDE[layout];
  return [`${layout}: ${reader}.`, `  On ${targets}.`, `  Status: ${status}.`];
}
