import { HEARD_WORD, type HeardWord, OPERATOR_WORD, type OperatorWord } from '../contract/operatorWord.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';
import { getRecord, putRecord } from './records.ts';

const NOTHING_SAID: OperatorWord = { word: 'run', at: null, by: null };

/** The operator's last word; that it runs where nothing was said. */
export async function readWord(store: BlobStore, id: string): Promise<OperatorWord> {
  return (await getRecord(store, blobPaths.control(id), OPERATOR_WORD)) ?? NOTHING_SAID;
}

/** Replaces the word of before; that nothing may replace `cancel` is for the caller to see to. */
export async function writeWord(store: BlobStore, id: string, word: OperatorWord): Promise<void> {
  await putRecord(store, blobPaths.control(id), OPERATOR_WORD, word);
}

/** Null where the migration never had to wait. */
export async function readHeard(store: BlobStore, id: string): Promise<HeardWord | null> {
  return await getRecord(store, blobPaths.heard(id), HEARD_WORD);
}

/** Told by the orchestration that waits; the status then shows what is so, beside what was asked for. */
export async function writeHeard(store: BlobStore, id: string, heard: HeardWord): Promise<void> {
  await putRecord(store, blobPaths.heard(id), HEARD_WORD, heard);
}
