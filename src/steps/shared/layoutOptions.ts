import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { LayoutOptions } from '../../contract/plan.ts';

/** What a request asks of the layout. A table that may not be read is in no layout, so that none has to leave it out. */
export function layoutOptions(request: MigrationRequest, unreadable: readonly string[]): LayoutOptions {
  const { layout, tables, exclude, workspace, shardKeys } = request;
  return { layout, tables, exclude: exclude.filter((table) => !unreadable.includes(table)), workspace, shardKeys };
}
