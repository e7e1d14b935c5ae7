import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MigrationError } from '../errors.ts';
import type { MigrationReport } from '../report/model.ts';
import type { ApiClient } from './apiClient.ts';

/** A finished run's report, and where its three files are. */
export interface SavedReport {
  /** `reports` holds the local paths. */
  readonly report: MigrationReport;
  readonly text: string;
}

/**
 * Fetches the report in its three forms and writes them to a directory. Throws MigrationError, `not-found` when there is no
 * report, or one that `isWanted` turns down.
 */
export const saveReports = async (
  client: ApiClient,
  id: string,
  directory: string,
  isWanted: (report: MigrationReport) => boolean = () => true,
): Promise<SavedReport> => {
  const [json, text, html] = await Promise.all([
    client.report(id, 'json'),
    client.report(id, 'text'),
    client.report(id, 'html'),
  ]);
  const fetched = JSON.parse(json) as MigrationReport;
  if (!isWanted(fetched)) throw new MigrationError('not-found', `There is no report of this run of ${id}`);
  const base = join(resolve(directory), `migration-report-${id.replace(/[^A-Za-z0-9_.-]+/g, '-')}`);
  const reports = { json: `${base}.json`, text: `${base}.txt`, html: `${base}.html` };
  const report = { ...fetched, reports };
  try {
    await mkdir(directory, { recursive: true });
    await Promise.all([
      writeFile(reports.json, `${JSON.stringify(report, null, 2)}\n`),
      writeFile(reports.text, text),
      writeFile(reports.html, html),
    ]);
  } catch (error) {
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
};
