import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentDbOptions } from './documentDbOptions.ts';

const BUILDERS = 2;
const COMMAND_MS = 120_000;

/** What becomes of a command for a build: it was waited for to its end, its time ran out, or another of the collection is under way. */
export type BuildOutcome = 'done' | 'timed-out' | 'second';

/**
 * The engine's queue of index builds of filled collections: two builders in the whole cluster, and whoever asks for the same
 * indexes again joins their build. A build that nobody waits for goes on.
 */
export class IndexQueue {
  readonly #options: Pick<DocumentDbOptions, 'buildMs' | 'commandMs' | 'refusesSecondBuild'>;
  readonly #freeAt = Array.from({ length: BUILDERS }, () => 0);
  /** When builds are done, by namespace and names. */
  readonly #builds = new Map<
    string,
    { readonly namespace: string; readonly names: readonly string[]; doneAt: number }
  >();
  joined = 0;
  timedOut = 0;
  secondBuilds = 0;

  constructor(options: Pick<DocumentDbOptions, 'buildMs' | 'commandMs' | 'refusesSecondBuild'>) {
    this.#options = options;
  }

  /** Waits for the build of these indexes, which is begun where it is not under way, for as long as one command may. */
  async wait(namespace: string, names: readonly string[]): Promise<BuildOutcome> {
    const { buildMs = 0, commandMs = COMMAND_MS, refusesSecondBuild = false } = this.#options;
    const key = JSON.stringify([namespace, ...names.toSorted()]);
    const now = performance.now();
    const known = this.#builds.get(key);
    if (known !== undefined) this.joined++;
    else if (refusesSecondBuild && this.#isBuilding(namespace, now)) {
      this.secondBuilds++;
      return 'second';
    }
    const build = known ?? { namespace, names, doneAt: this.#enter(now, buildMs * names.length) };
    this.#builds.set(key, build);
    const left = build.doneAt - now;
    await sleep(Math.max(0, Math.min(left, commandMs)));
    if (left > commandMs) {
      this.timedOut++;
      return 'timed-out';
    }
    this.#builds.delete(key);
    return 'done';
  }

  /** Names of the indexes of a collection that are being built: the engine lists them already. */
  building(namespace: string): string[] {
    return [...this.#builds.values()].flatMap((build) => (build.namespace === namespace ? build.names : []));
  }

  #isBuilding(namespace: string, now: number): boolean {
    return [...this.#builds.values()].some((build) => build.namespace === namespace && build.doneAt > now);
  }

  /** The time when the first builder that is free would be done with it. */
  #enter(now: number, forMs: number): number {
    const builder = this.#freeAt.indexOf(Math.min(...this.#freeAt));
    const doneAt = Math.max(now, this.#freeAt[builder] as number) + forMs;
    this.#freeAt[builder] = doneAt;
    return doneAt;
  }
}
