import { randomUUID } from 'node:crypto';
import { PROGRESS } from '../contract/progress.ts';
import type { WorkSpan } from '../contract/workSpan.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';
import { openRows } from './openRows.ts';
import { hasRows, ProgressCounter } from './progressCounter.ts';
import { getIfReadable, putRecord } from './records.ts';
import { type IsGone, StopWatcher } from './stopWatcher.ts';
import { WorkClock } from './workClock.ts';
import { joinSpans } from './workSpans.ts';

const BEAT_MS = 1_000;
/** Heartbeats missed after which a process counts as gone: what it had open another one does again. A killed host is not back sooner. */
const SILENT_MS = 2_500;
/** Where a step that counts nothing shows that it is alive: one place is enough for all of them. */
const UNCOUNTED = 'alive';

/**
 * The heartbeat of one migration in this process: while work runs, once a second it stores what was counted and looks
 * whether the work should stop.
 */
export class Heartbeat {
  readonly counter = new ProgressCounter();
  /** Done with each beat, such as telling the target that this run lives. What fails here is told by the next request that needs it. */
  onBeat: (() => Promise<void>) | null = null;
  /** Which members of the target do not answer: asked with each beat. */
  silence: () => string | null = () => null;
  readonly #store: BlobStore;
  readonly #id: string;
  readonly #processId = randomUUID();
  readonly #watcher: StopWatcher;
  readonly #shutdown: AbortSignal;
  readonly #clock: WorkClock;
  /** When it last stored what it counted (milliseconds since 1970), and took the place of silent ones (ISO 8601). */
  #countedAt = Number.NEGATIVE_INFINITY;
  #adopted = '';
  #active = 0;
  #timer: NodeJS.Timeout | null = null;
  #beating: Promise<void> | null = null;

  /** `shutdown` aborts when the process is asked to end; `clock` is that of all its heartbeats of the migration. */
  constructor(store: BlobStore, id: string, shutdown: AbortSignal, clock = new WorkClock()) {
    this.#store = store;
    this.#id = id;
    this.#watcher = new StopWatcher(store, id);
    this.#shutdown = shutdown;
    this.#clock = clock;
  }

  /**
   * Runs a piece of work under this heartbeat. Its signal aborts when it should stop: cancelled, suspended, its run is gone,
   * or the process is asked to end. Without `isGone` nobody looks whether its run is still there.
   */
  async during<T>(work: (signal: AbortSignal) => Promise<T>, isGone: IsGone | null = null): Promise<T> {
    this.#watcher.begin(this.#active === 0, isGone);
    this.#active++;
    this.#clock.note(Date.now());
    this.#timer ??= setInterval(() => {
      this.#beating ??= this.#beat().finally(() => {
        this.#beating = null;
      });
    }, BEAT_MS);
    try {
      await this.#watcher.look();
      return await work(AbortSignal.any([this.#watcher.signal, this.#shutdown]));
    } finally {
      this.#clock.note(Date.now());
      this.#active--;
      if (this.#active === 0) {
        clearInterval(this.#timer);
        this.#timer = null;
        await this.#beating;
        if (this.counter.hasCounted) await this.#beat();
      }
    }
  }

  async #beat(): Promise<void> {
    const now = Date.now();
    this.#clock.note(now);
    // A lease that is lost is met by whoever writes next, and told there.
    this.onBeat?.().catch(() => undefined);
    try {
      if (this.counter.hasCounted && now - this.#countedAt > SILENT_MS) await this.#takePlace(now);
      const silence = this.silence();
      const progress = {
        ...this.counter.read(),
        ...(silence === null ? {} : { silence }),
        ...(this.#adopted === '' ? {} : { adopted: this.#adopted }),
      };
      const place = blobPaths.processProgress(this.#id, this.counter.hasCounted ? this.#processId : UNCOUNTED);
      await putRecord(this.#store, place, PROGRESS, { ...progress, work: await this.#workAt(place) });
      if (this.counter.hasCounted) this.#countedAt = now;
      await this.#watcher.look();
    } catch (error) {
      // A beat that storage misses is made good by the next one; work does not depend on it.
      console.warn(
        `Progress of ${this.#id} could not be stored: ${error instanceof Error ? error.name : 'unknown error'}`,
      );
    }
  }

  /**
   * Takes over what silent processes had open when they ended, as it is this one now that does it again. Where another has taken this
   * one's place meanwhile, it leaves that to it.
   */
  async #takePlace(now: number): Promise<void> {
    const own = blobPaths.processProgress(this.#id, this.#processId);
    const paths = (await this.#store.list(blobPaths.progress(this.#id))).filter((path) => path !== own);
    const read = await Promise.all(paths.map((path) => getIfReadable(this.#store, path, PROGRESS)));
    const others = read.filter((part) => part !== null);
    const isFirst = this.#countedAt === Number.NEGATIVE_INFINITY;
    if (!isFirst && others.some(({ adopted = '' }) => Date.parse(adopted) > this.#countedAt)) this.counter.giveUp();
    const silent = others.filter(
      ({ updatedAt }) => now - Date.parse(updatedAt) > SILENT_MS && updatedAt > this.#adopted,
    );
    const open = openRows(silent, others);
    if (!hasRows(open)) return;
    this.counter.adopt(open, isFirst);
    this.#adopted = new Date(now).toISOString();
  }

  /** When there was work, as the place is to tell it: of one that processes share also what others have told there. */
  async #workAt(place: string): Promise<readonly WorkSpan[]> {
    const { spans } = this.#clock;
    if (this.counter.hasCounted) return spans;
    const there = await getIfReadable(this.#store, place, PROGRESS);
    return joinSpans([...(there?.work ?? []), ...spans]);
  }
}
