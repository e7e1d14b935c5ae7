import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { signManifest } from '../../src/report/signManifest.ts';
import { sampleEvidence } from '../support/sampleEvidence.ts';
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
