import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeDirectory } from '@mlflow-migrate/dev-servers/makeDirectory';
import type { MigrationReport } from '../../contract/migrationReport.ts';
import { type EvidenceFile, evidenceFiles, REPORT_FORMATS } from '../../contract/reportFiles.ts';
import { ReportManifest } from '../../contract/reportManifest.ts';
import { MigrationError } from '../../errors.ts';
import type { ApiClient } from '../app/apiClient.ts';
import { commandFor, type RunPlace } from '../place/commandFor.ts';

/** Reports name hosts, tables and keys: whom they are for is for their owner to say. */
const OWNER_ONLY = { mode: 0o600 } as const;

/** A finished run's report, and where its files are. */
export interface SavedReport {
  /** As it is shown: `reports` holds the local paths, where the file has the app's routes. */
  readonly report: MigrationReport;
  readonly text: string;
  /** Where the other files are; null for those that there are not. */
  readonly manifest: string | null;
  readonly differences: string | null;
  /** Of the key that signed the manifest, in hex; null where none did. */
  readonly fingerprint: string | null;
  /** Why none did. */
  readonly unsigned: string | null;
}

/**
 * Fetches the report in its three forms, plan, differences and manifest, and writes them to a directory: byte for byte what the app
 * has, as the manifest vouches for these bytes. `place` is where the run was found. Throws MigrationError, `not-found` when there is no report, or one that `isWanted`
 * turns down.
 */
export async function saveReports(
  client: ApiClient,
  id: string,
  directory: string,
  place: RunPlace,
  isWanted: (report: MigrationReport) => boolean = () => true,
): Promise<SavedReport> {
  const [json, text, html] = await Promise.all(REPORT_FORMATS.map((format) => client.report(id, format)));
  const fetched = JSON.parse(json as string) as MigrationReport;
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
  const manifest = await fetchManifest(client, id);
  const names = evidenceFiles(id);
  const vouched = manifest?.parsed.evidence.files ?? {};
  const hasPlan = vouched[names.plan] !== undefined;
  const hasDifferences = (vouched[names.differences]?.bytes ?? 0) > 0 || Object.keys(fetched.deleted).length > 0;
  const plan = hasPlan ? await client.report(id, 'plan') : null;
  const path = (file: EvidenceFile) => join(resolve(directory), names[file]);
  const write = async (file: EvidenceFile, content: string | AsyncIterable<Uint8Array> | null | undefined) => {
    if (content != null) await writeFile(path(file), content, OWNER_ONLY);
  };
  try {
    makeDirectory(directory, 0o700);
    await Promise.all([
      write('json', json),
      write('text', text),
      write('html', html),
      write('plan', plan),
      write('differences', hasDifferences ? client.differences(id) : null),
      write('manifest', manifest?.text),
    ]);
  } catch (error) {
    if (error instanceof MigrationError) throw error;
    throw new MigrationError(
      'config',
      `The reports cannot be written to ${directory} (${(error as NodeJS.ErrnoException).code})`,
      {
        hint: `Choose another directory with --report-dir; the app keeps the report: ${commandFor('report', id, place)}`,
        cause: error,
      },
    );
  }
  const reports = { json: path('json'), text: path('text'), html: path('html') };
  return {
    report: { ...fetched, reports },
    text: text as string,
    manifest: manifest === null ? null : path('manifest'),
    differences: hasDifferences ? path('differences') : null,
    fingerprint: manifest?.parsed.signature?.fingerprint ?? null,
    unsigned: manifest?.parsed.unsigned ?? null,
  };
}

/** Null of a run of an earlier release, which has none. */
async function fetchManifest(
  client: ApiClient,
  id: string,
): Promise<{ readonly text: string; readonly parsed: ReportManifest } | null> {
  try {
    const text = await client.report(id, 'manifest');
    const { data } = ReportManifest.safeParse(JSON.parse(text));
    return data === undefined ? null : { text, parsed: data };
  } catch (error) {
    const isNone = error instanceof MigrationError && (error.kind === 'not-found' || error.kind === 'usage');
    if (isNone || error instanceof SyntaxError) return null;
    throw error;
  }
}
