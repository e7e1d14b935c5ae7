import pg from 'pg';
import type { TargetSession } from '../contract/targetSession.ts';
import { retry } from '../retry.ts';
import { untilAborted } from '../untilAborted.ts';
import {
  mayTryNextHost,
  mayTryNextWay,
  noHostFailure,
  readSession,
  type SessionState,
  type SourceHost,
  sessionFault,
  tellingFailure,
} from './hostChoice.ts';
import type { SourceConnection } from './sourceConnection.ts';
import { isWithoutConnection, sourceError } from './sourceError.ts';

/** A server without a connection to spare, where this program holds none either, is asked again for so long: others may give some back. */
const CONNECT_PATIENCE_MS = 4_000;
const CONNECT_AGAIN_MS = 150;
/** So long after it refused a connection, the server is asked for more than it gave then: what took them may have ended. */
const REFUSAL_COUNTS_MS = 60_000;

/**
 * One host with a pool for each way to encrypt, as `pg` knows one way for a pool only, and nobody knows which one a server takes
 * before it was tried. The pools are empty until the host is used.
 */
interface HostPools {
  readonly label: string;
  readonly ways: readonly pg.Pool[];
  /** Connections that stand, in use or idle. */
  readonly open: { count: number };
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/**
 * Connections to one source, shared in order of arrival where the server gives fewer than the pool may have. Of several hosts
 * each new connection goes to the first that will do, in the order of the list, but first to the one that this pool holds
 * connections to: what is read together should come from one server, as a standby may lag behind another.
 *
 * A server's connections are not this program's alone. Where it refuses one, the pool learns how many it gives, and whoever wants
 * more waits here for one that is given back: a migration on a full server is slow, and does not fail. Only where there is
 * none to be given back, as this pool holds none, it fails after a while.
 */
export class SourcePool {
  readonly #display: string;
  readonly #hosts: readonly HostPools[];
  readonly #session: TargetSession;
  readonly #isRandom: boolean;
  readonly #maxConnections: number;
  /** What the session of each open connection said when it was opened. */
  readonly #sessions = new WeakMap<pg.PoolClient, SessionState>();
  readonly #labels = new WeakMap<pg.PoolClient, string>();
  /** Connections that the server gives: fewer than the pool may have, once it refused one. */
  #granted: number;
  #refusedAt = Number.NEGATIVE_INFINITY;
  /** Connections that are handed out, and those that are being made. */
  #inUse = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(connection: SourceConnection, maxConnections: number) {
    this.#display = connection.display;
    this.#maxConnections = maxConnections;
    this.#granted = maxConnections;
    this.#session = connection.session ?? 'any';
    this.#isRandom = connection.isRandom ?? false;
    const hosts: readonly SourceHost[] = connection.hosts ?? [{ label: connection.display, ways: [connection.config] }];
    this.#hosts = hosts.map(({ label, ways }) => {
      const open = { count: 0 };
      return { label, ways: ways.map((config) => this.#makePool(config, open)), open };
    });
  }

  #makePool(config: pg.ClientConfig, open: HostPools['open']): pg.Pool {
    const pool = new pg.Pool({
      keepAlive: true,
      application_name: 'mlflow-migrate',
      ...config,
      max: this.#maxConnections,
      idleTimeoutMillis: 30_000,
      allowExitOnIdle: true,
    });
    // An idle connection that the server closes is not an error: the next use opens another.
    pool.on('error', () => undefined);
    pool.on('connect', () => void open.count++);
    pool.on('remove', () => void open.count--);
    return pool;
  }

  /** A connection. Where the server has none to spare, one that this pool gives back. Throws the signal's reason. */
  async connect(signal?: AbortSignal): Promise<pg.PoolClient> {
    const begunAt = performance.now();
    const attempt = async () => {
      await this.#takeTurn(signal);
      try {
        return await this.#fromAnyHost();
      } catch (error) {
        this.#giveBack();
        throw error;
      }
    };
    try {
      return await retry({ waitMs: (error) => this.#waitMs(error, begunAt) }, attempt, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw sourceError(error, this.#display);
    }
  }

  /** Any other failure than a server's that is full is told at once: whether it is worth another try is decided by whoever knows what it was for. */
  #waitMs(error: unknown, begunAt: number): number | null {
    if (!isWithoutConnection(error)) return null;
    if (this.#inUse === 0 && performance.now() - begunAt > CONNECT_PATIENCE_MS) return null;
    // What the others here hold is what the server gives; with nobody to wait for, one at least is asked for again.
    this.#granted = Math.max(1, this.#inUse);
    this.#refusedAt = performance.now();
    // Spread, as those that were refused together would come back together.
    return CONNECT_AGAIN_MS * (0.5 + Math.random());
  }

  get hostCount(): number {
    return this.#hosts.length;
  }

  /** `host:port` of the server that a connection of this pool leads to. */
  hostOf(client: pg.PoolClient): string | null {
    return this.#labels.get(client) ?? null;
  }

  /** Takes a connection back; one that is not clean is closed. */
  release(client: pg.PoolClient, isClean: boolean): void {
    client.release(!isClean);
    this.#giveBack();
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.flatMap(({ ways }) => ways.map((pool) => pool.end())));
  }

  async #fromAnyHost(): Promise<pg.PoolClient> {
    const listed = this.#isRandom ? shuffled(this.#hosts) : this.#hosts;
    // Sorting is stable: among hosts that are equal in this the list's order stays.
    const inOrder = listed.toSorted((a, b) => Number(b.open.count > 0) - Number(a.open.count > 0));
    const wanted: readonly TargetSession[] =
      this.#session === 'prefer-standby' ? ['prefer-standby', 'any'] : [this.#session];
    let failure: unknown = null;
    let mismatches: string[] = [];
    for (const session of wanted) {
      // The last round's failure is the one to tell: it took what the rounds before did not.
      mismatches = [];
      failure = null;
      for (const host of inOrder) {
        try {
          const client = await this.#fromHost(host);
          const fault = await this.#faultOf(client, session);
          if (fault === null) return client;
          // Closed, not kept: it would be offered again, and a server may change what it is.
          client.release(true);
          mismatches.push(`${host.label} ${fault}`);
        } catch (error) {
          if (!mayTryNextHost(error)) throw error;
          failure = error;
        }
      }
    }
    throw noHostFailure(this.#session, mismatches, failure, this.#display);
  }

  /** A connection to one host, over the first way to encrypt that it takes. Throws the driver's error. */
  async #fromHost({ label, ways }: HostPools): Promise<pg.PoolClient> {
    // A way that stands has proved that it works; trying the others first would cost a refused connection each time.
    const idle = ways.filter((pool) => pool.idleCount > 0);
    const failures: unknown[] = [];
    for (const pool of idle.length > 0 ? idle : ways) {
      try {
        const client = await pool.connect();
        this.#labels.set(client, label);
        return client;
      } catch (error) {
        failures.push(error);
        if (!mayTryNextWay(error)) break;
      }
    }
    throw tellingFailure(failures);
  }

  /** Why a connection does not fit, null where it does. A connection that breaks while it is asked counts as that of a host that is not there. */
  async #faultOf(client: pg.PoolClient, wanted: TargetSession): Promise<string | null> {
    if (wanted === 'any') return null;
    let state = this.#sessions.get(client);
    if (state === undefined) {
      // It may break while nobody waits on it, which would otherwise end the process.
      const ignoreLate = () => undefined;
      client.on('error', ignoreLate);
      try {
        state = await readSession(client);
      } catch (error) {
        client.release(true);
        throw error;
      } finally {
        client.off('error', ignoreLate);
      }
      this.#sessions.set(client, state);
    }
    return sessionFault(wanted, state);
  }

  /** Waits, in order of arrival, until fewer connections are in use than the server gives. */
  async #takeTurn(signal: AbortSignal | undefined): Promise<void> {
    if (performance.now() - this.#refusedAt > REFUSAL_COUNTS_MS) this.#granted = this.#maxConnections;
    while (this.#inUse >= this.#granted) {
      const { promise: isFree, resolve: wake } = Promise.withResolvers<void>();
      this.#waiting.push(wake);
      try {
        await untilAborted(isFree, signal);
      } catch (error) {
        const place = this.#waiting.indexOf(wake);
        // Whoever was woken already and goes all the same leaves the turn to the next.
        if (place === -1) this.#waiting.shift()?.();
        else this.#waiting.splice(place, 1);
        throw error;
      }
    }
    this.#inUse++;
  }

  #giveBack(): void {
    this.#inUse--;
    this.#waiting.shift()?.();
  }
}
