import { isCosmosHost } from '../../config/mongo/cosmosConnection.ts';
import type { MigrationReport } from '../../contract/migrationReport.ts';
import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import { afterCutover } from '../../report/afterCutover.ts';
import { fenceSql, UNDO_FENCE } from '../../report/fenceSql.ts';
import { CUT_OVER } from '../../report/verdict/instantLines.ts';

const CUTTING_OVER =
  'The cut-over ends with a pass that finds no row changed and nobody writing. Stop the servers of MLflow, or let its database refuse writes:';

/** How MLflow's writes are stopped, by whoever may: the source is only read here. */
export function fenceLines({ source }: Pick<MigrationStatus, 'source'>): string[] {
  return [CUTTING_OVER, ...indented(fenceSql(source ?? 'mlflow'))];
}

/** From when to when nothing was written, as the report says it. */
export function quietLines(report: Pick<MigrationReport, 'verdict'> | null): string[] {
  return (report?.verdict.instantLines ?? []).filter((line) => line.startsWith(CUT_OVER));
}

/** What follows a cut-over that has come to its end. */
export function followingLines({ layout, source, target }: MigrationStatus): string[] {
  if (source === null || target === null) return [];
  const isCharged = target.split(/[,/]/).some((host) => isCosmosHost(host.replace(/:\d+$/, '')));
  const { reader, undo } = afterCutover({ layout, source, target, isCharged });
  return ['Cut over. What reads the target from now on:', ...indented(reader), UNDO_FENCE, ...indented(undo)];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
