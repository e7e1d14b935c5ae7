import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Evidence } from '../../../src/contract/reportManifest.ts';
import { fingerprintOf, signManifest } from '../../../src/report/signManifest.ts';
import { type ExpectedKey, verifyManifest } from '../../../src/report/verifyManifest.ts';
import { hashOf, sampleEvidence } from '../../support/sampleEvidence.ts';

const FILES: Readonly<Record<string, string>> = { 'report.json': '{"a":1}', 'report.txt': 'text', 'none.ndjson': '' };
const EVIDENCE = sampleEvidence(FILES);
const { privateKey } = generateKeyPairSync('ed25519');
const publicKey = createPublicKey(privateKey);
const other = createPublicKey(generateKeyPairSync('ed25519').privateKey);
const text = JSON.stringify(signManifest(EVIDENCE, privateKey), null, 2);

async function faultsOf(
  manifest = text,
  expected: ExpectedKey | null = null,
  files = FILES,
): Promise<readonly string[]> {
  const { faults } = await verifyManifest(manifest, expected, async (name) => {
    const content = files[name];
    return content === undefined ? null : hashOf(content);
  });
  return faults;
}

test('what a run has left is as it was, by the key that signed it, its fingerprint, or the manifest alone', async () => {
  for (const expected of [null, { publicKey }, { fingerprint: fingerprintOf(publicKey) }])
    expect(await faultsOf(text, expected)).toEqual([]);
  const { 'none.ndjson': _empty, ...rest } = FILES;
  expect(await faultsOf(text, null, rest)).toEqual([]);
});

test('what is wrong is told by name', async () => {
  expect(await faultsOf(text, null, { ...FILES, 'report.txt': 'text ' })).toEqual(['report.txt was altered']);
  expect(await faultsOf(text, null, { 'report.txt': 'text' })).toEqual(['report.json is missing']);
  const own = fingerprintOf(publicKey);
  for (const expected of [{ publicKey: other }, { fingerprint: fingerprintOf(other) }]) {
    expect(await faultsOf(text, expected)).toEqual([
      `The manifest was signed with another key: ${own}, not ${fingerprintOf(other)}`,
    ]);
  }
  const unsigned = JSON.stringify(signManifest(EVIDENCE, 'Setting REPORT_SIGNING_KEY is missing'));
  expect(await faultsOf(unsigned)).toEqual(['The manifest is not signed: Setting REPORT_SIGNING_KEY is missing']);
  expect(await faultsOf('{}')).toEqual(['The manifest is not one, or is damaged']);
});

test('no word of a manifest can be altered, left out or added', async () => {
  const paths = (value: object, path: readonly string[] = []): string[][] =>
    Object.entries(value).flatMap(([name, inner]) =>
      typeof inner === 'object' && inner !== null ? paths(inner, [...path, name]) : [[...path, name]],
    );
  const manifest = JSON.parse(text) as { evidence: Evidence };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths(manifest.evidence)),
      fc.constantFrom('alter', 'leave out', 'add'),
      async (path, how) => {
        const copy = structuredClone(manifest);
        let at = copy.evidence as unknown as Record<string, unknown>;
        for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
        const last = path.at(-1) as string;
        if (how === 'alter') at[last] = typeof at[last] === 'number' ? Number(at[last]) + 1 : `${at[last]}0`;
        else if (how === 'leave out') delete at[last];
        else at[`${last}-too`] = 'x';
        expect(await faultsOf(JSON.stringify(copy), { publicKey })).not.toEqual([]);
      },
    ),
  );
});

test('a manifest that somebody else has signed anew is told by the key alone', async () => {
  const forger = generateKeyPairSync('ed25519').privateKey;
  const forged = JSON.stringify(signManifest({ ...EVIDENCE, status: 'completed!' }, forger));
  expect(await faultsOf(forged)).toEqual([]);
  expect(await faultsOf(forged, { publicKey })).toHaveLength(1);
  // With the fingerprint that is expected written into it.
  const posing = JSON.parse(forged) as { signature: { fingerprint: string; publicKey: string } };
  posing.signature.fingerprint = fingerprintOf(publicKey);
  expect(await faultsOf(JSON.stringify(posing), { fingerprint: fingerprintOf(publicKey) })).toHaveLength(1);
  posing.signature.publicKey = String(publicKey.export({ type: 'spki', format: 'pem' }));
  expect(await faultsOf(JSON.stringify(posing), { fingerprint: fingerprintOf(publicKey) })).toEqual([
    'The manifest was altered: its signature does not fit',
  ]);
});
