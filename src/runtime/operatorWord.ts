import { type BlobStore, getJson, putJson } from '../storage/blobs.ts';
import { blobPaths } from './blobPaths.ts';

/** What the operator wants of a migration: that it runs, waits, or ends. A later word replaces an earlier one, but nothing replaces `cancel`. */
export type Word = 'run' | 'suspend' | 'cancel';

/** The operator's word as it is stored: the one intention that lanes, steps and the orchestration look at. */
export interface OperatorWord {
  readonly word: Word;
  /** When it was given (ISO 8601), null where nobody has said anything. */
  readonly at: string | null;
  /** Who gave it, where the app knows its callers (Entra authentication); null otherwise. */
  readonly by: string | null;
}

/** What a migration that stopped for the operator's word has heard last, and which orchestration waits for the next one. */
export interface HeardWord {
  readonly word: Word;
  /** ISO 8601. */
  readonly at: string;
  /** Id of the orchestration that an event wakes; null where none waits. */
  readonly waiter: string | null;
}

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
