import type { ConnectionResolver } from '../config/resolveConnection.ts';
import type { DestinationRef, SourceRef } from '../config/schemas/connectionRef.ts';
import { SourceDatabase } from '../source/client.ts';
import { TargetDatabase } from '../target/client.ts';
import { targetError } from '../target/errors.ts';
import type { TargetTraits } from '../target/flavour.ts';
import { Pace } from '../target/pace.ts';

const SOURCE_CONNECTIONS = 12;
const TARGET_CONNECTIONS = 12;
/** Requests in flight from one process: more than four do not make mongod faster (bench/measured.md §2). */
const REQUESTS_IN_FLIGHT = 4;
const REQUESTS_IN_FLIGHT_RU = 2;
/** Used where a Cosmos DB account does not say what it has: the least there is; what it takes then finds the pace. */
const DEFAULT_REQUEST_UNITS = 400;
/** Part of the known throughput that the pace begins with. */
const INITIAL_SHARE = 0.9;

/**
 * Open clients of this process, one pool for each connection and one pace for each target. They are caches only: any
 * process builds the same from the names in an activity's input.
 */
export class Connections {
  private readonly resolver: ConnectionResolver;
  private readonly sources = new Map<string, Promise<SourceDatabase>>();
  private readonly targets = new Map<string, Promise<TargetDatabase>>();
  private readonly paces = new Map<string, Pace>();

  constructor(resolver: ConnectionResolver) {
    this.resolver = resolver;
  }

  /** The source by its name. Throws `config` where the name leads to nothing. */
  source(ref: SourceRef): Promise<SourceDatabase> {
    return remember(this.sources, JSON.stringify(ref), async () => {
      return new SourceDatabase(await this.resolver.resolvePostgres(ref), SOURCE_CONNECTIONS);
    });
  }

  target(ref: DestinationRef): Promise<TargetDatabase> {
    return remember(this.targets, JSON.stringify(ref), async () => {
      const connection = await this.resolver.resolveMongo(ref);
      try {
        return new TargetDatabase(connection, TARGET_CONNECTIONS);
      } catch (error) {
        // The driver looks at the URI's options when it is made.
        throw targetError(error, connection.display);
      }
    });
  }

  /** The pace that all activities of this process share for one target. */
  pace(
    ref: DestinationRef,
    target: TargetDatabase,
    traits: TargetTraits,
    requestUnitsPerSecond: number | null,
    stallMinutes: number,
  ): Pace {
    const key = JSON.stringify([ref, stallMinutes]);
    let pace = this.paces.get(key);
    if (pace === undefined) {
      const isRequestUnits = traits.flavour === 'cosmos-ru';
      pace = new Pace({
        // 0 means no limit to the driver.
        maxInFlight: Math.min(
          isRequestUnits ? REQUESTS_IN_FLIGHT_RU : REQUESTS_IN_FLIGHT,
          target.poolSize || TARGET_CONNECTIONS,
        ),
        initialRate: isRequestUnits
          ? (requestUnitsPerSecond ?? DEFAULT_REQUEST_UNITS) * INITIAL_SHARE
          : Number.POSITIVE_INFINITY,
        isRateKnown: isRequestUnits && requestUnitsPerSecond !== null,
        stallMs: stallMinutes * 60_000,
      });
      this.paces.set(key, pace);
    }
    return pace;
  }

  /** Forgets clients and secrets, so that the next use logs in afresh (after a refused login: keys may have been rotated). */
  async forget(): Promise<void> {
    this.resolver.forget();
    await this.close();
  }

  async close(): Promise<void> {
    const open = [...this.sources.values(), ...this.targets.values()];
    this.sources.clear();
    this.targets.clear();
    this.paces.clear();
    for (const client of open) await (await client).close();
  }
}

/** Keeps a promise for later callers, but not a rejected one. */
async function remember<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known !== undefined) return await known;
  const made = make();
  cache.set(key, made);
  try {
    return await made;
  } catch (error) {
    cache.delete(key);
    throw error;
  }
}
