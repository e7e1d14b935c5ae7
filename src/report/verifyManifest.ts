import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type Evidence, type HashedFile, ReportManifest } from '../contract/reportManifest.ts';
import { fingerprintOf, signedBytes } from './signManifest.ts';

/** The key that a manifest must have been signed with: a public key, or the fingerprint of one. */
export type ExpectedKey = { readonly publicKey: KeyObject } | { readonly fingerprint: string };

/** What a verification came to. */
export interface Verified {
  /** Null where the manifest is none. */
  readonly evidence: Evidence | null;
  /** Of the key that signed it; null where none did. */
  readonly fingerprint: string | null;
  /** What is wrong, by name; none where everything is as it was written. */
  readonly faults: readonly string[];
}

/**
 * Compares a manifest with the key that it should have been signed with, null for whichever it names, and with the files beside it.
 * `hashFile` gives null for one that is not there.
 */
export async function verifyManifest(
  text: string,
  expected: ExpectedKey | null,
  hashFile: (name: string) => Promise<HashedFile | null>,
): Promise<Verified> {
  const manifest = parse(text);
  if (manifest === null)
    return { evidence: null, fingerprint: null, faults: ['The manifest is not one, or is damaged'] };
  const { evidence, signature } = manifest;
  const faults: string[] = [];
  let fingerprint: string | null = null;
  if (signature === null) faults.push(`The manifest is not signed: ${manifest.unsigned ?? 'it does not say why'}`);
  else {
    const own = publicKeyOf(signature.publicKey);
    fingerprint = own === null ? null : fingerprintOf(own);
    const key = expected !== null && 'publicKey' in expected ? expected.publicKey : own;
    const wanted = expectedFingerprint(expected);
    if (wanted !== null && wanted !== fingerprint) {
      faults.push(`The manifest was signed with another key: ${fingerprint ?? 'none that can be read'}, not ${wanted}`);
    } else if (key === null || !isSignedWith(evidence, signature.value, key)) {
      faults.push('The manifest was altered: its signature does not fit');
    }
  }
  for (const [name, { sha256, bytes }] of Object.entries(evidence.files)) {
    const found = await hashFile(name);
    if (found === null) {
      if (bytes > 0) faults.push(`${name} is missing`);
    } else if (found.sha256 !== sha256) faults.push(`${name} was altered`);
  }
  return { evidence, fingerprint, faults };
}

function parse(text: string): ReportManifest | null {
  try {
    // As it was read: the schema would leave out what it does not know, which is signed too.
    const read = JSON.parse(text) as ReportManifest;
    return ReportManifest.safeParse(read).success ? read : null;
  } catch {
    return null;
  }
}

function publicKeyOf(pem: string): KeyObject | null {
  try {
    return createPublicKey(pem);
  } catch {
    return null;
  }
}

function expectedFingerprint(expected: ExpectedKey | null): string | null {
  if (expected === null) return null;
  return 'publicKey' in expected ? fingerprintOf(expected.publicKey) : expected.fingerprint;
}

function isSignedWith(evidence: Evidence, signature: string, key: KeyObject): boolean {
  return (
    key.asymmetricKeyType === 'ed25519' && verify(null, signedBytes(evidence), key, Buffer.from(signature, 'base64'))
  );
}
