import { isDraftOf, type PlanDraft } from '../../contract/planDraft.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { type BlobStore, getJson, putJson } from '../../storage/blobStore.ts';

/** A draft is stored so often while it is worked on: a kill repeats so much, and the piece that it came upon. */
const STORE_EVERY_MS = 1_000;

/** One step's turn at the draft of a plan. It does something of it in any case, and then goes on as long as its time lasts. */
export class PlanningTurn {
  readonly #blobs: BlobStore;
  readonly #id: string;
  readonly #isOver: () => boolean;
  #draft: PlanDraft;
  #storedAt = performance.now();
  #hasMoved = false;

  constructor(blobs: BlobStore, id: string, draft: PlanDraft, isOver: () => boolean) {
    this.#blobs = blobs;
    this.#id = id;
    this.#draft = draft;
    this.#isOver = isOver;
  }

  get draft(): PlanDraft {
    return this.#draft;
  }

  hasTime(): boolean {
    return !this.#hasMoved || !this.#isOver();
  }

  /** Goes on by a piece of work. */
  async move(piece: Partial<PlanDraft>): Promise<void> {
    this.#hasMoved = true;
    this.#draft = { ...this.#draft, ...piece };
    if (performance.now() - this.#storedAt >= STORE_EVERY_MS) await this.store();
  }

  /** For the step that goes on with it. */
  async store(): Promise<void> {
    await putJson(this.#blobs, blobPaths.draft(this.#id), this.#draft);
    this.#storedAt = performance.now();
  }
}

/** The draft of the plan with that stamp, as far as steps before have come; null where there is none. */
export async function readDraft(blobs: BlobStore, id: string, stamp: string): Promise<PlanDraft | null> {
  const draft = await getJson<PlanDraft>(blobs, blobPaths.draft(id));
  return isDraftOf(draft, stamp) ? draft : null;
}
