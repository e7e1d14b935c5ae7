import { didYouMean } from '../../config/didYouMean.ts';
import { MigrationError } from '../../errors.ts';
import type { SourceSchema } from '../sourceSchema.ts';
import type { LayoutBuilder, LayoutDefinition, LayoutOptions } from './layout.ts';
import { buildMlflowLayout } from './mlflow.ts';
import { buildTablesLayout } from './tables.ts';

/** The layouts there are, by the names that users give. */
const LAYOUTS: Readonly<Record<LayoutOptions['layout'], LayoutBuilder>> = {
  tables: buildTablesLayout,
  mlflow: buildMlflowLayout,
};

/** Collection definitions of the chosen layout. Throws `config` for a table that the source has not. */
export function buildLayout(schema: SourceSchema, options: LayoutOptions): LayoutDefinition {
  const names = schema.tables.map((table) => table.name);
  for (const wanted of options.tables ?? []) {
    if (names.includes(wanted)) continue;
    const guess = didYouMean(wanted, names);
    throw new MigrationError(
      'config',
      `The source has no table ${wanted}${guess === null ? '' : ` (did you mean ${guess}?)`}`,
      {
        hint: `Its tables are: ${names.join(', ')}`,
      },
    );
  }
  if (options.workspace !== null && options.layout === 'tables') {
    throw new MigrationError(
      'config',
      'The layout tables carries all workspaces: --workspace goes with --layout mlflow',
      {
        hint: 'Leave --workspace out, or choose --layout mlflow',
      },
    );
  }
  return LAYOUTS[options.layout](schema, options);
}
