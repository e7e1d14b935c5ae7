import { hash } from 'node:crypto';
import { CLAIM } from '../../contract/claim.ts';
import type { MigrationReport } from '../../contract/migrationReport.ts';
import type { Plan } from '../../contract/plan.ts';
import { evidenceFiles, type ReportFormat } from '../../contract/reportFiles.ts';
import { type HashedFile, MANIFEST_VERSION } from '../../contract/reportManifest.ts';
import { hashStream } from '../../report/hashStream.ts';
import { signManifest } from '../../report/signManifest.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { differenceLines } from '../../runtime/differenceLines.ts';
import { getIfReadable } from '../../runtime/records.ts';
import type { Services } from '../../runtime/services.ts';
import { planFrom } from '../../runtime/storedPlan.ts';

/** Hashes what the run has left, and stores the signed manifest of it beside the report. Throws what storage throws. */
export async function writeManifest(
  services: Services,
  report: MigrationReport,
  rendered: Readonly<Record<ReportFormat, string>>,
): Promise<void> {
  const { id } = report;
  const names = evidenceFiles(id);
  const planText = await services.blobs.get(blobPaths.plan(id));
  const plan = planText === null ? null : planIfReadable(planText);
  const claim = await getIfReadable(services.blobs, blobPaths.claim(id), CLAIM);
  const files: Record<string, HashedFile> = {
    [names.json]: hashText(rendered.json),
    [names.text]: hashText(rendered.text),
    [names.html]: hashText(rendered.html),
    ...(planText === null ? {} : { [names.plan]: hashText(planText) }),
    [names.differences]: await hashStream(differenceLines(services.blobs, id)),
  };
  const { kind, status, environment, startedAt, finishedAt, layout, source, target } = report;
  const evidence = {
    version: MANIFEST_VERSION,
    migration: id,
    kind,
    status,
    program: environment.program,
    startedAt,
    finishedAt,
    layout,
    source: { address: source, identity: identityOf(plan) },
    target: { address: target, id: claim?.target ?? plan?.targetId ?? null },
    files,
  };
  const manifest = signManifest(evidence, await services.signingKey());
  await services.blobs.put(
    blobPaths.report(id, 'manifest'),
    `${JSON.stringify(manifest, null, 2)}\n`,
    'application/json',
  );
}

/** A plan that is cut or of another release is evidence all the same, of which nothing is told but its hash. */
function planIfReadable(text: string): Plan | null {
  try {
    return planFrom(text);
  } catch {
    return null;
  }
}

function identityOf(plan: Plan | null) {
  if (plan === null) return null;
  const { system, database, databaseOid, schema, workspace } = plan.identity;
  return { system, database, databaseOid, schema, workspace };
}

function hashText(text: string): HashedFile {
  return { sha256: hash('sha256', text), bytes: Buffer.byteLength(text) };
}
