import type { PlanDraft } from '../../contract/planDraft.ts';
import { writeDraft } from '../../runtime/storedPlan.ts';
import type { BlobStore } from '../../storage/blobStore.ts';

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
    await writeDraft(this.#blobs, this.#id, this.#draft);
    this.#storedAt = performance.now();
  }
}
