import type { MongoClient, ServerDescription, TopologyDescription } from 'mongodb';

/** A member of the target's replica set that does not answer, and since when (`performance.now()`). */
interface SilentMember {
  readonly address: string;
  readonly sinceMs: number;
}

/** Members that have a document: what a majority acknowledges is acknowledged by these. */
const HOLDS_DATA: ReadonlySet<ServerDescription['type']> = new Set(['RSPrimary', 'RSSecondary']);

/**
 * Which members of the target's replica set answer, as the driver's monitors see them: no right of the login is needed for it.
 * Knows nothing of a target of one server or behind mongos.
 */
export class ReplicaMembers {
  #topology: TopologyDescription | null = null;
  readonly #silent = new Map<string, SilentMember>();
  #lacksMajoritySince: number | null = null;

  watch(client: MongoClient): void {
    client.on('topologyDescriptionChanged', ({ newDescription }) => this.see(newDescription));
  }

  /** What is the case from now on. */
  see(topology: TopologyDescription): void {
    const isSet = topology.type === 'ReplicaSetWithPrimary' || topology.type === 'ReplicaSetNoPrimary';
    this.#topology = isSet ? topology : null;
    const now = performance.now();
    for (const { address, type } of topology.servers.values()) {
      if (type !== 'Unknown') this.#silent.delete(address);
      else if (!this.#silent.has(address)) this.#silent.set(address, { address, sinceMs: now });
    }
    for (const address of this.#silent.keys()) if (!topology.servers.has(address)) this.#silent.delete(address);
    this.#lacksMajoritySince = this.#hasMajority() ? null : (this.#lacksMajoritySince ?? now);
  }

  /** For so many milliseconds fewer members with data answer than make a majority, so that nothing is acknowledged by one; 0 where enough do. */
  get withoutMajorityMs(): number {
    return this.#lacksMajoritySince === null ? 0 : performance.now() - this.#lacksMajoritySince;
  }

  /** Which members do not answer and for how long, for the end of a sentence; null where all do. */
  get silence(): string | null {
    if (this.#topology === null || this.#silent.size === 0) return null;
    const now = performance.now();
    const each = [...this.#silent.values()].map(
      ({ address, sinceMs }) => `${address} (for ${Math.round((now - sinceMs) / 1000)} s)`,
    );
    return `of the members of its replica set there is no answer from ${each.join(', ')}`;
  }

  #hasMajority(): boolean {
    if (this.#topology === null) return true;
    // Members without a vote are not told apart: with them a majority is taken to be larger than it is, by one for two of them.
    const types = [...this.#topology.servers.values()].map(({ type }) => type);
    return types.filter((type) => HOLDS_DATA.has(type)).length > types.length / 2;
  }
}
