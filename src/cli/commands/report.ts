import { readFile } from 'node:fs/promises';
import type { MigrationReport } from '../../contract/migrationReport.ts';
import { findPlace, openApp } from '../app/openApp.ts';
import type { CommandContext } from '../commandContext.ts';
import { readRecord } from '../place/stateDirectory.ts';
import { tryDirectory } from '../place/tryDirectory.ts';
import { requireRun } from '../run/findRun.ts';
import { saveReports } from '../run/saveReports.ts';
import { withoutReport } from '../run/withoutReport.ts';

/** The text or JSON of the report that an earlier call has written to disk; null when it has to be fetched. */
async function savedReport(context: CommandContext): Promise<string | null> {
  const { options } = context;
  if (options.url !== null || options.reportDirectory !== null) return null;
  const record = await readRecord(await findPlace(context));
  const reports = record?.reports ?? null;
  if (record === null || reports === null || (options.name !== null && options.name !== record.id)) return null;
  try {
    if (!options.isJson) return await readFile(reports.text, 'utf8');
    const report = JSON.parse(await readFile(reports.json, 'utf8')) as MigrationReport;
    return `${JSON.stringify({ ...report, reports }, null, 2)}\n`;
  } catch (error) {
    // Somebody has moved the file away: the app has the report as well.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** `mlflow-migrate report`: prints a run's report, and writes its three files where asked. Returns the exit code. */
export async function runReport(context: CommandContext): Promise<number> {
  const { options, output, facts } = context;
  if (options.reportDirectory !== null)
    tryDirectory(options.reportDirectory, 'The directory for reports', '--report-dir', 0o700);
  const onDisk = await savedReport(context);
  if (onDisk !== null) {
    await output.result(options.isJson ? onDisk : output.fit(onDisk));
    return 0;
  }
  const { app, wanted, place } = await openApp(context);
  try {
    const run = await requireRun(app.client, wanted);
    facts.id = run.id;
    const directory = options.reportDirectory ?? place?.reportDirectory ?? 'reports';
    const { report, text } = await saveReports(app.client, run.id, directory, options).catch((error: unknown) => {
      throw withoutReport(error, run, options);
    });
    await output.result(options.isJson ? `${JSON.stringify(report, null, 2)}\n` : output.fit(text));
    if (!output.isOneScreen) output.note(`Reports: ${report.reports.text}`);
    return 0;
  } finally {
    await app.stop();
  }
}
