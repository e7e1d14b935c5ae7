import type { BlobHold, ClearOptions, HoldingBlobStore } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';
import { REPORT_TYPES } from './earlierReports.ts';

/** The hub of the template and of the command: its blobs stand where those of all hubs stood once. Hubs are told apart without regard to case, as the storage account tells them. */
const PLAIN_HUB = 'mlflowmigrate';

/** A store of runs: from its beginning on, a run reads only what is its own. */
export interface RunBlobStore extends HoldingBlobStore {
  /** Called before anything of a new run is read or written. `wasKnown`: has this app had a run of that id before? */
  begin(id: string, wasKnown: boolean): Promise<void>;
}

/**
 * The blobs of one task hub: apps that share a storage account may give their migrations the same names. Those of any hub but
 * the template's stand below `{hub}.hub/`. What an earlier release has left there without a hub is still read, until the run
 * is begun again: a migration goes on over the upgrade, and its reports are found. Nothing is written or deleted there.
 */
export class HubBlobs implements RunBlobStore {
  readonly #blobs: HoldingBlobStore;
  readonly #prefix: string;
  /** Runs that are known to have begun below the prefix. */
  readonly #begun = new Set<string>();

  /** `hub`: null where host.json alone names it. */
  constructor(blobs: HoldingBlobStore, hub: string | null) {
    this.#blobs = blobs;
    const name = hub?.toLowerCase() ?? PLAIN_HUB;
    // No migration has such an id, as names hold no dot.
    this.#prefix = name === PLAIN_HUB ? '' : `${name}.hub/`;
  }

  async put(path: string, content: string, contentType: string): Promise<void> {
    await this.#blobs.put(this.#prefix + path, content, contentType);
  }

  async append(path: string, content: string): Promise<void> {
    await this.#blobs.append(this.#prefix + path, content);
  }

  async get(path: string): Promise<string | null> {
    const own = await this.#blobs.get(this.#prefix + path);
    return own === null && (await this.#isOfBefore(path)) ? await this.#blobs.get(path) : own;
  }

  async list(prefix: string): Promise<string[]> {
    const own = (await this.#blobs.list(this.#prefix + prefix)).map((path) => path.slice(this.#prefix.length));
    if (!(await this.#isOfBefore(prefix))) return own;
    return [...new Set([...own, ...(await this.#blobs.list(prefix))])].toSorted();
  }

  async clear(prefix: string, { except = [], ...options }: ClearOptions = {}): Promise<void> {
    await this.#blobs.clear(this.#prefix + prefix, { ...options, except: except.map((path) => this.#prefix + path) });
  }

  async hold(path: string): Promise<BlobHold | null> {
    return await this.#blobs.hold(this.#prefix + path);
  }

  async begin(id: string, wasKnown: boolean): Promise<void> {
    if (wasKnown && (await this.#isOfBefore(blobPaths.all(id)))) await this.#bringReports(id);
    if (this.#prefix === '' || this.#begun.has(id)) return;
    await this.put(blobPaths.begun(id), '{}', 'application/json');
    this.#begun.add(id);
  }

  /** Does the path belong to a run that an earlier release may have begun, of whichever hub? */
  async #isOfBefore(path: string): Promise<boolean> {
    const [id = ''] = path.split('/');
    if (this.#prefix === '' || id.includes('.') || this.#begun.has(id)) return false;
    if ((await this.#blobs.get(this.#prefix + blobPaths.begun(id))) === null) return true;
    this.#begun.add(id);
    return false;
  }

  /** Reports of before, the last one and those before it, which a new run keeps. */
  async #bringReports(id: string): Promise<void> {
    for (const [format, type] of Object.entries(REPORT_TYPES)) {
      const last = blobPaths.report(id, format as keyof typeof REPORT_TYPES);
      const ending = last.slice(last.lastIndexOf('.'));
      const earlier = (await this.list(blobPaths.earlier(id))).filter((path) => path.endsWith(ending));
      for (const path of [last, ...earlier]) {
        const content = await this.get(path);
        if (content !== null) await this.put(path, content, type);
      }
    }
  }
}
