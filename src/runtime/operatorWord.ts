import type { HeardWord, OperatorWord, Word } from '../contract/operatorWord.ts';
import { type BlobStore, getJson, putJson } from '../storage/blobs.ts';
import { blobPaths } from './blobPaths.ts';

const NOTHING_SAID: OperatorWord = { word: 'run', at: null, by: null };

/** As it was stored before words had a time. */
interface EarlierWord {
  readonly state: Word;
}

/** The operator's last word; that it runs where nothing was said. */
export async function readWord(store: BlobStore, id: string): Promise<OperatorWord> {
  const stored = await getJson<OperatorWord | EarlierWord>(store, blobPaths.control(id));
  if (stored === null) return NOTHING_SAID;
  return 'word' in stored ? stored : { ...NOTHING_SAID, word: stored.state };
}

export async function writeWord(store: BlobStore, id: string, word: OperatorWord): Promise<void> {
  await putJson(store, blobPaths.control(id), word);
}

/** Null where the migration never had to wait. */
export async function readHeard(store: BlobStore, id: string): Promise<HeardWord | null> {
  return await getJson<HeardWord>(store, blobPaths.heard(id));
}

export async function writeHeard(store: BlobStore, id: string, heard: HeardWord): Promise<void> {
  await putJson(store, blobPaths.heard(id), heard);
}
