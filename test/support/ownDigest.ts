import { createHash } from 'node:crypto';
import type { Db } from 'mongodb';

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
