import { generateKeyPairSync, hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MANIFEST_VERSION } from '../../src/contract/reportManifest.ts';
import { signManifest } from '../../src/report/signManifest.ts';
import { runHere, temporaryDirectory } from './runCli.ts';

test('verify-report names the files that are there, not one that never was', async () => {
  await using directory = await temporaryDirectory();
  const { privateKey } = generateKeyPairSync('ed25519');
  const evidence = {
    version: MANIFEST_VERSION,
    migration: 'lab',
    kind: 'migration',
    status: 'completed',
    program: 'mlflow-migrate 1.0.0',
    startedAt: '2026-11-28T12:00:00.000Z',
    finishedAt: '2026-11-28T12:00:10.000Z',
    layout: 'tables',
    source: { address: 'pg:5432/mlflow', identity: null },
    target: { address: 'mongo:27017/mlflow', id: null },
    files: {
      'report.txt': { sha256: hash('sha256', 'text'), bytes: 4 },
      'none.ndjson': { sha256: hash('sha256', ''), bytes: 0 },
    },
  } as const;
  await writeFile(join(directory.path, 'report.txt'), 'text');
  const manifest = JSON.stringify(signManifest(evidence, privateKey));
  await writeFile(join(directory.path, 'migration-manifest-lab.json'), manifest);
  const { code, stdout } = await runHere(['verify-report', directory.path]);
  expect(stdout).toContain('Files as they were written: report.txt\n');
  expect(code).toBe(0);
});
