import type { BlobHold, ClearOptions, HoldingBlobStore } from '../../src/storage/blobStore.ts';

/** Blobs of one test, in memory. */
export class MemoryBlobs implements HoldingBlobStore {
  readonly blobs = new Map<string, string>();
  private readonly held = new Set<string>();
  async hold(path: string): Promise<BlobHold | null> {
    if (this.held.has(path)) return null;
    this.held.add(path);
    return { renew: async () => undefined, release: async () => void this.held.delete(path) };
  }
  async put(path: string, content: string, _contentType?: string): Promise<void> {
    this.blobs.set(path, content);
  }
  async append(path: string, content: string): Promise<void> {
    this.blobs.set(path, (this.blobs.get(path) ?? '') + content);
  }
  async get(path: string): Promise<string | null> {
    return this.blobs.get(path) ?? null;
  }
  async list(prefix: string): Promise<string[]> {
    return [...this.blobs.keys()].filter((path) => path.startsWith(prefix));
  }
  async clear(prefix: string, { except = [], check }: ClearOptions = {}): Promise<void> {
    const found = (await this.list(prefix)).filter((path) => !except.includes(path));
    await check?.();
    for (const path of found) this.blobs.delete(path);
  }
}
