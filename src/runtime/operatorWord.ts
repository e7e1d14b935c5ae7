import { HEARD_WORD, type HeardWord, OPERATOR_WORD, type OperatorWord } from '../contract/operatorWord.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';
import { getRecord, putRecord } from './records.ts';

const NOTHING_SAID: OperatorWord = { word: 'run', at: null, by: null };

/** The operator's last word; that it runs where nothing was said. */
export async function readWord(store: BlobStore, id: string): Promise<OperatorWord> {
  return (await getRecord(store, blobPaths.control(id), OPERATOR_WORD)) ?? NOTHING_SAID;
}

export async function writeWord(store: BlobStore, id: string, word: OperatorWord): Promise<void> {
  await putRecord(store, blobPaths.control(id), OPERATOR_WORD, word);
}

/** Null where the migration never had to wait. */
export async function readHeard(store: BlobStore, id: string): Promise<HeardWord | null> {
  return await getRecord(store, blobPaths.heard(id), HEARD_WORD);
}

export async function writeHeard(store: BlobStore, id: string, heard: HeardWord): Promise<void> {
  await putRecord(store, blobPaths.heard(id), HEARD_WORD, heard);
}
