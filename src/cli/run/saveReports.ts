import { writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { makeDirectory } from '@mlflow-migrate/dev-servers/makeDirectory';
import type { MigrationReport } from '../../contract/migrationReport.ts';
import { MigrationError } from '../../errors.ts';
import type { ApiClient } from '../app/apiClient.ts';

/** Reports name hosts, tables and keys: whom they are for is for their owner to say. */
const OWNER_ONLY = { mode: 0o600 } as const;

/** A finished run's report, and where its three files are: they name each other, not the app's routes. */
export interface SavedReport {
  /** `reports` holds the local paths. */
  readonly report: MigrationReport;
  readonly text: string;
}

/** Puts other names for the app's routes. That of the JSON report begins those of the others, so it comes last. */
function renamed(rendered: string, routes: MigrationReport['reports'], names: MigrationReport['reports']): string {
  return (['text', 'html', 'json'] as const).reduce(
    (result, form) => result.replaceAll(routes[form], names[form]),
    rendered,
  );
}

/** Where the deleted documents of a report are listed, beside it. */
export function differencesFile({ json }: MigrationReport['reports']): string {
  return json.replace(/migration-report-([^/\\]*)\.json$/, 'migration-differences-$1.ndjson');
}

/**
 * Fetches the report in its three forms and writes them to a directory. Throws MigrationError, `not-found` when there is no
 * report, or one that `isWanted` turns down.
 */
export async function saveReports(
  client: ApiClient,
  id: string,
  directory: string,
  isWanted: (report: MigrationReport) => boolean = () => true,
): Promise<SavedReport> {
  const [json, routeText, routeHtml] = await Promise.all([
    client.report(id, 'json'),
    client.report(id, 'text'),
    client.report(id, 'html'),
  ]);
  const fetched = JSON.parse(json) as MigrationReport;
  if ((fetched as { verdict?: unknown }).verdict === undefined) {
    throw new MigrationError(
      'internal',
      `The report of ${id} was written by another version of the app at ${client.host}`,
      {
        hint: 'Use the version of this command that belongs to the app, or update the app',
      },
    );
  }
  if (!isWanted(fetched)) throw new MigrationError('not-found', `There is no report of this run of ${id}`);
  const base = join(resolve(directory), `migration-report-${id.replace(/[^A-Za-z0-9_.-]+/g, '-')}`);
  const reports = { json: `${base}.json`, text: `${base}.txt`, html: `${base}.html` };
  const report = { ...fetched, reports };
  // Every deleted document by its key; without deletions the report itself names what there is to name.
  const hasDifferences = Object.keys(fetched.deleted).length > 0;
  const text = renamed(routeText, fetched.reports, reports);
  // Names alone: the files lie beside each other, and hold nothing that HTML would take for markup.
  const names = { json: basename(reports.json), text: basename(reports.text), html: basename(reports.html) };
  const html = renamed(routeHtml, fetched.reports, names);
  try {
    makeDirectory(directory, 0o700);
    await Promise.all([
      writeFile(reports.json, `${JSON.stringify(report, null, 2)}\n`, OWNER_ONLY),
      writeFile(reports.text, text, OWNER_ONLY),
      writeFile(reports.html, html, OWNER_ONLY),
      ...(hasDifferences ? [writeFile(differencesFile(reports), client.differences(id), OWNER_ONLY)] : []),
    ]);
  } catch (error) {
    if (error instanceof MigrationError) throw error;
    throw new MigrationError(
      'config',
      `The reports cannot be written to ${directory} (${(error as NodeJS.ErrnoException).code})`,
      {
        hint: `Choose another directory with --report-dir; the app keeps the report: mlflow-migrate report --name ${id}`,
        cause: error,
      },
    );
  }
  return { report, text };
}
