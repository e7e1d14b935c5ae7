import { hash } from 'node:crypto';
import { type Evidence, type HashedFile, MANIFEST_VERSION } from '../../src/contract/reportManifest.ts';

/** A file of that text as a manifest has it. */
export const hashOf = (text: string): HashedFile => ({ sha256: hash('sha256', text), bytes: Buffer.byteLength(text) });

/** What the manifest of a run that has left these files, by name, vouches for. */
export function sampleEvidence(files: Readonly<Record<string, string>>): Evidence {
  return {
    version: MANIFEST_VERSION,
    migration: 'lab',
    kind: 'migration',
    status: 'completed',
    program: 'mlflow-migrate 1.0.0',
    startedAt: '2026-11-28T12:00:00.000Z',
    finishedAt: '2026-11-28T12:00:10.000Z',
    layout: 'tables',
    source: { address: 'pg:5432/mlflow', identity: null },
    target: { address: 'mongo:27017/mlflow', id: 'é' },
    files: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, hashOf(text)])),
  };
}
