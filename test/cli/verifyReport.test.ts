import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { signManifest } from '../../src/report/signManifest.ts';
import { sampleEvidence } from '../support/sampleEvidence.ts';
import { answersFor, reportOf, startFakeApp, statusOf } from './fakeApp.ts';
import { runHere, temporaryDirectory } from './runCli.ts';

test('verify-report names the files that are there, not one that never was', async () => {
  await using directory = await temporaryDirectory();
  const { privateKey } = generateKeyPairSync('ed25519');
  const evidence = sampleEvidence({ 'report.txt': 'text', 'none.ndjson': '' });
  await writeFile(join(directory.path, 'report.txt'), 'text');
  const manifest = JSON.stringify(signManifest(evidence, privateKey));
  await writeFile(join(directory.path, 'migration-manifest-lab.json'), manifest);
  const { code, stdout } = await runHere(['verify-report', directory.path]);
  expect(stdout).toContain('Files as they were written: report.txt\n');
  expect(code).toBe(0);
});

test('a run whose manifest is not signed ends with the reason', async () => {
  await using directory = await temporaryDirectory();
  const unsigned = signManifest(sampleEvidence({}), 'Secret REPORT-SIGNING-KEY in lab.vault.azure.net is missing');
  const answers = answersFor(statusOf({ status: 'completed', phase: 'done', percent: 100 }), reportOf());
  await using app = await startFakeApp((request, count) =>
    request.path.endsWith('format=manifest') ? { status: 200, body: unsigned } : answers(request, count),
  );
  const { code, stderr } = await runHere(['--url', app.url, '--name', 'lab', '--report-dir', directory.path]);
  expect(stderr).toContain('The manifest is not signed: Secret REPORT-SIGNING-KEY in lab.vault.azure.net is missing\n');
  expect(code).toBe(0);
});
