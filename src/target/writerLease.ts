import { MigrationError } from '../errors.ts';
import { failureKind } from './failureKind.ts';
import { MARKER_COLLECTION, readOwnership } from './ownership.ts';
import { standingCollections } from './standingCollections.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { targetError } from './targetError.ts';
import { beatWriter, DEAD_AFTER_MS, writersOf } from './writers.ts';

/** A writer says so often that it lives, and looks whether it still may write: five of these signs may be lost. */
export const HEAR_EVERY_MS = DEAD_AFTER_MS / 6;
/** Without an answer for so long nothing is written: well before others may take the writer for dead. */
const TRUSTED_MS = DEAD_AFTER_MS - 10_000;

/**
 * The right of one run to write to the collections that it has claimed, as one process knows it. It is looked at in the
 * target every few seconds while work goes on, together with the server's ids of these collections, as anybody may put another
 * one under a name; a process that slept meanwhile looks again before its next write.
 *
 * It is a lease and not a lock because nobody can be relied on to give it back: processes are killed, machines sleep, networks
 * part. So a writer that is silent for long enough may be taken over, and one that hears nothing for almost as long has to stop
 * by itself: it cannot tell whether the target is away or only the way there, while another run may be at work. Silence is
 * measured by the server's clock (writers.ts), this side's times by the one of two clocks that says more: one stands still while the
 * machine sleeps, and the other may be set.
 *
 * What remains is the one request that was under way when another run took over: it writes documents of the same source
 * to the same `_id`s, and whoever took over compares every one of them afterwards.
 */
export class WriterLease {
  readonly token: string;
  readonly #target: TargetDatabase;
  readonly #migration: string;
  readonly #collections: readonly string[];
  #ids: Readonly<Record<string, string>> = {};
  /** When the question was asked that was last answered with yes, by both clocks; the answer says nothing of later. */
  #confirmed: { readonly passed: number; readonly wall: number } | null = null;
  /** Writers of one process ask together. */
  #asking: Promise<void> | null = null;

  constructor(target: TargetDatabase, token: string, migration: string, collections: readonly string[]) {
    this.#target = target;
    this.token = token;
    this.#migration = migration;
    this.#collections = collections;
  }

  /** Is it the same right, over the same client? Another one is used when its secret changes. */
  isOf(target: TargetDatabase, token: string): boolean {
    return this.#target === target && this.token === token;
  }

  /** From now on the right ends also where a collection has another id than this, by name. Those without one are not looked at. */
  holdTo(ids: Readonly<Record<string, string>>): void {
    this.#ids = ids;
  }

  /**
   * Returns when it is known that this run may write; at once where that was asked a moment ago. Once it may not, throws
   * `target-in-use`, or `config` where the target holds no record of it any more.
   */
  async check(): Promise<void> {
    if (this.#age() < HEAR_EVERY_MS) return;
    this.#asking ??= this.#askOrElse(() => this.#ask(null), undefined).finally(() => {
      this.#asking = null;
    });
    await this.#asking;
  }

  /**
   * As {@link check}, before documents of a collection are replaced or deleted: whether it is the one that was claimed is always
   * asked, as what is deleted from another one is lost.
   */
  async checkDestructive(collection: string): Promise<void> {
    await this.check();
    const replaced = await this.#askOrElse(() => this.#findReplaced([collection]), null);
    if (replaced !== null) throw this.#displaced(replaced);
  }

  /** As {@link check}, always asked. */
  async confirm(): Promise<void> {
    await this.#ask(null);
  }

  /** As {@link confirm}, and for a step of the run: throws also where a later step has begun, whose work an old delivery must not undo. */
  async checkStep(step: number): Promise<void> {
    await this.#ask(step);
  }

  /** The answer to a question; `otherwise` where the target is busy or away for a moment, which says nothing about the right to write: that lasts a while. */
  async #askOrElse<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (failureKind(error) !== 'permanent' && this.#age() < TRUSTED_MS) return otherwise;
      throw error;
    }
  }

  async #ask(step: number | null): Promise<void> {
    // The time of asking: between the server's answer and its arrival here the process may have stood still.
    const begun = { passed: performance.now(), wall: Date.now() };
    let mayWrite: boolean;
    let replaced: string | null = null;
    try {
      mayWrite = await beatWriter(this.#target, this.token, step);
      if (mayWrite) replaced = await this.#findReplaced(Object.keys(this.#ids));
    } catch (error) {
      throw targetError(error, this.#target.display);
    }
    if (mayWrite && replaced === null) {
      this.#confirmed = begun;
      return;
    }
    // Whoever asks next is not let write by what was so a moment ago.
    this.#confirmed = null;
    throw replaced === null ? await this.#lost() : this.#displaced(replaced);
  }

  /** Milliseconds since the right was last known to hold. */
  #age(): number {
    if (this.#confirmed === null) return Number.POSITIVE_INFINITY;
    const { passed, wall } = this.#confirmed;
    return Math.max(performance.now() - passed, Math.abs(Date.now() - wall));
  }

  /** One of the collections that is not the one that was claimed, null where all are. */
  async #findReplaced(collections: readonly string[]): Promise<string | null> {
    const names = collections.filter((name) => this.#ids[name] !== undefined);
    if (names.length === 0) return null;
    const standing = await standingCollections(this.#target, names);
    const now = new Map(standing.map(({ name, uuid }) => [name, uuid]));
    return names.find((name) => now.get(name) !== this.#ids[name]) ?? null;
  }

  #displaced(name: string): MigrationError {
    return new MigrationError(
      'target-in-use',
      `The collection ${name} of ${this.#target.display} is no longer the one that this run of ${this.#migration} has claimed: somebody has dropped or renamed it meanwhile`,
      {
        hint: 'Nothing was deleted or replaced in what stands there now; rows of the last seconds may have been added. Put the collection back under its name, or start again with --drop-target to empty what stands there',
      },
    );
  }

  async #lost(): Promise<MigrationError> {
    const ownership = await readOwnership(this.#target);
    if (ownership?.collections.some(({ name }) => this.#collections.includes(name)) !== true) return this.#gone();
    const [writer] = await writersOf(this.#target, ownership, this.#collections);
    // Whoever took over may have ended as well: then nothing in the target tells it from this run's own end.
    const who =
      writer === undefined || writer.token === this.token
        ? 'it was taken over by a later run, or has ended'
        : `a later run of ${writer.migration} has taken its place`;
    return new MigrationError(
      'target-in-use',
      `This run of ${this.#migration} may no longer write to ${this.#target.display}: ${who}`,
      { hint: 'Nothing is lost: look at the other run, or start again' },
    );
  }

  #gone(): MigrationError {
    return new MigrationError(
      'config',
      `The target ${this.#target.display} no longer holds a record of this run of ${this.#migration} (${MARKER_COLLECTION}): the database or that collection was dropped, or the address leads to another target now`,
      {
        hint: 'Start again without --resume: what is not there is copied anew. Where documents still stand there, add --drop-target',
      },
    );
  }
}
