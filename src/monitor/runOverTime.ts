import { isFinal, type MigrationStatus } from '../contract/migrationStatus.ts';
import type { Api } from './api.ts';
import type { Charts } from './charts.ts';
import { renderFound } from './dryRun.ts';
import { byId, write } from './elements.ts';
import { renderEvents } from './events.ts';

/** Id of the dry run whose findings are shown, or asked for. */
let found: string | null = null;

/** Begins anew, for another migration. */
export function clearSeries(): void {
  found = null;
  byId('events-panel').hidden = true;
  byId('versions').hidden = true;
  byId('found').hidden = true;
}

/** Shows what a run did over time, what happened, and on which versions; nothing once `isCurrent` says that another one is shown. */
export async function showSeries(
  api: Pick<Api, 'series'>,
  charts: Pick<Charts, 'show'>,
  id: string,
  isCurrent: () => boolean,
): Promise<void> {
  const series = await api.series(id);
  if (!isCurrent()) return;
  charts.show(series);
  renderEvents(series);
  const { program, postgres, target } = series.versions;
  const parts = [
    `mlflow-migrate ${program}`,
    ...(postgres === null ? [] : [`PostgreSQL ${postgres}`]),
    ...(target === null ? [] : [target]),
  ];
  byId('versions').hidden = false;
  write(byId('versions'), parts.join(' · '));
}

/** Shows once what a dry run that has ended found. Where its report cannot be had, the buttons for it say so. */
export async function showFound(api: Pick<Api, 'findings'>, { id, kind, status }: MigrationStatus): Promise<void> {
  if (kind !== 'analysis' || !isFinal(status) || found === id) return;
  found = id;
  try {
    const report = await api.findings(id);
    if (found === id) renderFound(report);
  } catch {
    // One that failed before it found anything has its problems shown in place of it.
  }
}
