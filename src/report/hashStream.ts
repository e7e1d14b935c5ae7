import { createHash } from 'node:crypto';
import type { HashedFile } from '../contract/reportManifest.ts';

/** Hash and size of a file as a manifest has them, of its pieces; texts count in UTF-8. Throws what the pieces throw. */
export async function hashStream(pieces: AsyncIterable<string | Buffer>): Promise<HashedFile> {
  const digest = createHash('sha256');
  let bytes = 0;
  for await (const piece of pieces) {
    digest.update(piece);
    bytes += Buffer.byteLength(piece);
  }
  return { sha256: digest.digest('hex'), bytes };
}
