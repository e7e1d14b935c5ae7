/** Real charges are asked for this often, and the newest counts this much. */
const SAMPLE_EVERY_MS = 2_000;
const SAMPLE_WEIGHT = 0.3;

type Kind = 'writes' | 'reads';

/** What the meters of one target share. */
interface Shared {
  /** What another collection was charged last, which one that was never measured is thought to cost too. */
  readonly latest: Record<Kind, number>;
  /** Charges are asked for over one connection, which knows the last request only: one at a time. */
  isSampling: boolean;
}

/** What the target charges for one kind of request to one collection against what is estimated, by samples taken now and then. */
export class ChargeMeter {
  readonly #shared: Shared;
  readonly #kind: Kind;
  #measuredRatio: number | null = null;
  #sampledAt = Number.NEGATIVE_INFINITY;

  constructor(shared: Shared, kind: Kind) {
    this.#shared = shared;
    this.#kind = kind;
  }

  /** Request units charged for each that is estimated; 1 until something was measured. */
  get ratio(): number {
    return this.#measuredRatio ?? this.#shared.latest[this.#kind];
  }

  /** Is it time to measure a request's real charge? Says so to one caller at a time; call {@link measured} with what came of it. */
  takeSample(): boolean {
    if (this.#shared.isSampling || performance.now() - this.#sampledAt < SAMPLE_EVERY_MS) return false;
    this.#shared.isSampling = true;
    return true;
  }

  /** A measured charge against its estimate, null where measuring failed. */
  measured(charge: number | null, estimate: number): void {
    this.#shared.isSampling = false;
    this.#sampledAt = performance.now();
    if (charge === null || !(charge > 0) || !(estimate > 0)) return;
    const before = this.#measuredRatio;
    this.#measuredRatio = before === null ? charge / estimate : before + (charge / estimate - before) * SAMPLE_WEIGHT;
    this.#shared.latest[this.#kind] = this.#measuredRatio;
  }
}

/** The meters of a target, by collection: documents and their indexes differ, and so does what an estimate leaves out. */
export class ChargeMeters {
  readonly #shared: Shared = { latest: { writes: 1, reads: 1 }, isSampling: false };
  readonly #meters: Record<Kind, Map<string, ChargeMeter>> = { writes: new Map(), reads: new Map() };

  writes(collection: string): ChargeMeter {
    return this.#meter('writes', collection);
  }

  reads(collection: string): ChargeMeter {
    return this.#meter('reads', collection);
  }

  #meter(kind: Kind, collection: string): ChargeMeter {
    const meters = this.#meters[kind];
    let meter = meters.get(collection);
    if (meter === undefined) {
      meter = new ChargeMeter(this.#shared, kind);
      meters.set(collection, meter);
    }
    return meter;
  }
}
