import { hash } from 'node:crypto';

/** SHA-256 in base64 of documents one after the other; `joined` has room for all of them. */
export function sha256(documents: readonly Uint8Array[], joined: Uint8Array): string {
  let end = 0;
  for (const document of documents) {
    joined.set(document, end);
    end += document.length;
  }
  return hash('sha256', joined.subarray(0, end), 'base64');
}
