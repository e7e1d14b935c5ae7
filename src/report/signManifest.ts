import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { Evidence, ReportManifest } from '../contract/reportManifest.ts';

/** SHA-256 of a public key's DER, in hex: what `openssl pkey -pubin -outform DER | sha256sum` prints of its PEM. */
export function fingerprintOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** The bytes that a signature is made over. Fields stay in the order in which they stand, so that a manifest that was read gives the same ones. */
export function signedBytes(evidence: Evidence): Buffer {
  return Buffer.from(JSON.stringify(evidence), 'utf8');
}

/** The manifest with its signature; `key` is an Ed25519 private key, or says why there is none. */
export function signManifest(evidence: Evidence, key: KeyObject | string): ReportManifest {
  if (typeof key === 'string') return { evidence, signature: null, unsigned: key };
  const publicKey = createPublicKey(key);
  return {
    evidence,
    signature: {
      algorithm: 'Ed25519',
      publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
      fingerprint: fingerprintOf(publicKey),
      value: sign(null, signedBytes(evidence), key).toString('base64'),
    },
    unsigned: null,
  };
}
