import { z } from 'zod';

/** Why the digest of a side is not known. In place of its value it stands as `?` and this word. */
export const DIGEST_GAPS = ['refused', 'interrupted', 'displaced', 'passes'] as const;
export type DigestGap = (typeof DIGEST_GAPS)[number];

/**
 * The documents of a collection in one number for each side: the sum, modulo 2^128, of the first 16 bytes of the SHA-256 of each, in
 * 32 hexadecimal digits. Ranges add up in any order. The source's is of the documents that its rows make, and left out where it is
 * the target's.
 */
export type StoredDigest = readonly [documents: number, target: string, source?: string];
export const StoredDigest: z.ZodType<StoredDigest> = z.union([
  z.tuple([z.number(), z.string()]),
  z.tuple([z.number(), z.string(), z.string()]),
]);

/** By collection. */
export const StoredDigests = z.record(z.string(), StoredDigest);
export type StoredDigests = Readonly<Record<string, StoredDigest>>;

const MODULUS = 1n << 128n;

/** A sum of hashes as it is stored. */
export function digestText(sum: bigint): string {
  return BigInt.asUintN(128, sum).toString(16).padStart(32, '0');
}

/** Both sides of a digest. */
export function sidesOf([, target, source = target]: StoredDigest): {
  readonly target: string;
  readonly source: string;
} {
  return { target, source };
}

/** A side of which nothing is known, as it is stored. */
export function gapText(gap: DigestGap): string {
  return `?${gap}`;
}

/** Why a side is not known; null where it is. */
export function gapOf(side: string): DigestGap | null {
  return DIGEST_GAPS.find((gap) => side === gapText(gap)) ?? null;
}

/** A digest as it is stored. */
export function storedDigest(documents: number, target: string, source: string): StoredDigest {
  return source === target ? [documents, target] : [documents, target, source];
}

/** The digest of two parts of a collection. */
export function addDigests(a: StoredDigest | undefined, b: StoredDigest): StoredDigest {
  if (a === undefined) return b;
  const [left, right] = [sidesOf(a), sidesOf(b)];
  return storedDigest(a[0] + b[0], addSides(left.target, right.target), addSides(left.source, right.source));
}

/**
 * A digest after what a pass has written: `change` is what came minus what was there before. While both sides were equal, what
 * changed in the target is what had changed in the source; where they were not, nothing tells what the source's rows were before.
 * Undefined where nothing was known.
 */
export function afterChange(before: StoredDigest | undefined, change: StoredDigest): StoredDigest | undefined {
  if (before === undefined) return undefined;
  const { target, source } = sidesOf(before);
  const changed = sidesOf(change);
  const next = addSides(target, changed.target);
  const isKnown = source === target && gapOf(changed.source) === null;
  return storedDigest(before[0] + change[0], next, isKnown ? next : gapText('passes'));
}

/**
 * The digest of a collection that holds `counted` documents; null where it cannot be that of all of them. `gone` is what deletions
 * of documents took from it of which nobody knows whether they were in it: either all were, or none.
 */
export function settledDigest(
  digest: StoredDigest,
  gone: StoredDigest | undefined,
  counted: number | undefined,
): StoredDigest | null {
  if (digest[0] === counted) return digest;
  const without = gone === undefined ? undefined : afterChange(digest, gone);
  return without !== undefined && without[0] === counted ? without : null;
}

/** The digests of two parts of the same collections, or of others. */
export function addAllDigests(a: StoredDigests = {}, b: StoredDigests = {}): StoredDigests {
  const sums: Record<string, StoredDigest> = { ...a };
  for (const [collection, digest] of Object.entries(b)) sums[collection] = addDigests(sums[collection], digest);
  return sums;
}

function addSides(a: string, b: string): string {
  if (gapOf(a) !== null) return a;
  if (gapOf(b) !== null) return b;
  return digestText((BigInt(`0x${a}`) + BigInt(`0x${b}`)) % MODULUS);
}
