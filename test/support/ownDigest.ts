import { createHash } from 'node:crypto';
import type { Db } from 'mongodb';
import { expect } from 'vitest';
import { type Outcome, type Pair, withTarget } from './runMigration.ts';

/** The digest of a collection as docs/reference/evidence.md has anybody compute it: from the documents alone. */
export async function ownDigest(db: Db, collection: string): Promise<{ documents: number; digest: string }> {
  let sum = 0n;
  let documents = 0;
  for await (const document of db.collection(collection).find({}, { raw: true })) {
    const hash = createHash('sha256')
      .update(document as unknown as Buffer)
      .digest('hex');
    sum += BigInt(`0x${hash.slice(0, 32)}`);
    documents++;
  }
  return { documents, digest: BigInt.asUintN(128, sum).toString(16).padStart(32, '0') };
}

/**
 * Are the digests of a report those of the documents that stand there, on both sides? After a kill, `mayBeUnknown`, some may be told
 * as unknown, and none is a wrong one.
 */
export async function expectOwnDigests(pair: Pair, { report }: Outcome, mayBeUnknown = false): Promise<void> {
  await withTarget(pair, async (db) => {
    const digests = Object.entries(report.digests ?? {});
    expect(digests.length).toBeGreaterThan(10);
    for (const [name, { table: _table, ...digest }] of digests) {
      if (mayBeUnknown && digest.unknown !== null) {
        expect([digest.source, digest.target], name).toEqual([null, null]);
        continue;
      }
      const { documents, digest: own } = await ownDigest(db, name);
      expect(digest, name).toEqual({ documents, source: own, target: own, unknown: null });
    }
  });
}
