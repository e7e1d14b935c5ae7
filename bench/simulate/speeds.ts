import { type Calibration, PARTIES, type Party } from './calibration.ts';
import { SPEED_AGAINST_MONGOD } from './documentDb.ts';
import type { Hosting } from './hosting.ts';
import { partitionsOf } from './requestUnitService.ts';
import type { TargetModel } from './target.ts';
import { type ThroughputShare, throughputShare } from './throughputShare.ts';
import type { UnitWork } from './workload.ts';

export type WorkPhase = 'copy' | 'validate';

/** Cores of the source where it has a machine of its own. */
const SOURCE_CORES = 4;
/** Requests that a lane has under way at once, one core of the target each: `BATCHES_IN_FLIGHT` of src/steps/units/copyRange.ts. */
const BATCHES_PER_LANE = 2;

/** Share of a machine's cores that its scheduler leaves to whoever works beside index builds. */
const LEAST_SHARE = 0.1;

/** How fast units go: rows a second for each of so many lanes in so many instances, and what of the requests is refused. */
export class Speeds {
  readonly #calibration: Calibration;
  readonly #hosting: Hosting;
  readonly #target: TargetModel;
  /** Of the whole workload: its bytes, and request units for a row of it. */
  readonly #mean: { readonly bytes: number } & Readonly<Record<WorkPhase, number>>;

  constructor(calibration: Calibration, hosting: Hosting, target: TargetModel, whole: UnitWork) {
    this.#calibration = calibration;
    this.#hosting = hosting;
    this.#target = target;
    this.#mean = {
      bytes: whole.bytes,
      copy: whole.writeCharge / whole.rows,
      validate: whole.readCharge / whole.rows,
    };
  }

  /** Rows a second of all lanes together, beside index builds or not. */
  rowsPerSecond(phase: WorkPhase, lanes: number, instances: number, isBuilding: boolean): number {
    const { requestUnitsPerSecond } = this.#target;
    const bound = Math.min(lanes * this.#laneLimit(phase), this.#coreLimit(phase, instances, isBuilding));
    if (requestUnitsPerSecond === null) return bound;
    const { usedShare } = this.share(phase, lanes, instances);
    return Math.min(bound, (requestUnitsPerSecond * usedShare) / this.#mean[phase]);
  }

  /** What the rate control makes of the throughput; for other targets nothing is refused. */
  share(phase: WorkPhase, lanes: number, instances: number): ThroughputShare {
    const { requestUnitsPerSecond, hotShare } = this.#target;
    if (requestUnitsPerSecond === null) return { usedShare: 1, refusedShare: 0 };
    const processes = roundedUp(instances);
    const writers = roundedUp(lanes / processes) * BATCHES_PER_LANE;
    const partitions = partitionsOf(requestUnitsPerSecond, this.#mean.bytes);
    return throughputShare({
      requestUnitsPerSecond,
      partitions,
      hotShare,
      processes,
      writers,
      charge: this.#mean[phase],
    });
  }

  /** One lane is a stream: it goes as its slowest party, each of which works on it with one thread. */
  #laneLimit(phase: WorkPhase): number {
    const { host, mongod, postgres } = this.#costs(phase);
    return 1 / Math.max(host, mongod / BATCHES_PER_LANE, postgres);
  }

  #coreLimit(phase: WorkPhase, instances: number, isBuilding: boolean): number {
    const costs = this.#costs(phase);
    const { busyShare } = this.#calibration;
    if (this.#hosting.isOneMachine) {
      const total = PARTIES.reduce((sum, party) => sum + costs[party], 0);
      const share = busyShare[phase] - (isBuilding ? busyShare.indexes : 0);
      return (this.#hosting.coresPerInstance * Math.max(share, LEAST_SHARE)) / total;
    }
    const cores: Record<Party, number> = {
      host: Math.max(1, instances) * this.#hosting.coresPerInstance,
      mongod: this.#target.cores,
      postgres: SOURCE_CORES,
    };
    return Math.min(...PARTIES.flatMap((party) => (costs[party] > 0 ? [cores[party] / costs[party]] : [])));
  }

  /** CPU seconds a row. Request units stand for what a server of theirs does. */
  #costs(phase: WorkPhase): Readonly<Record<Party, number>> {
    const costs = this.#calibration[phase];
    if (this.#target.flavour === 'cosmos-ru') return { ...costs, mongod: 0 };
    return this.#target.flavour === 'documentdb' ? { ...costs, mongod: costs.mongod / SPEED_AGAINST_MONGOD } : costs;
  }
}

/** The next power of two, so that few loads are run through the rate control. */
function roundedUp(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, count)));
}
