import { createHash } from 'node:crypto';
import type { ConnectionResolver } from '../config/resolveConnection.ts';
import type { SourceRef, TargetRef } from '../contract/migrationRequest.ts';
import { isLoginRefused } from '../errors.ts';
import { SourceDatabase } from '../source/sourceDatabase.ts';
import { RateLimiter } from '../target/rateLimiter.ts';
import { TargetDatabase } from '../target/targetDatabase.ts';
import { targetError } from '../target/targetError.ts';
import type { TargetTraits } from '../target/targetTraits.ts';

const SOURCE_CONNECTIONS = 12;
const TARGET_CONNECTIONS = 12;
/** Requests in flight from one process: more than four do not make mongod faster (bench/measured.md §2). */
const REQUESTS_IN_FLIGHT = 4;
const REQUESTS_IN_FLIGHT_RU = 2;
/** After this time a client's secret is looked at again; the resolver itself reads a vault more seldom. */
const LOOK_AGAIN_MS = 60_000;
/** A client that is replaced is closed when work that began with it has ended: longer than functionTimeout in host.json. */
export const RETIRE_MS = 35 * 60_000;
/** Used where a Cosmos DB account does not say what it has: the least there is. The rate limiter finds from there what it takes. */
const LEAST_REQUEST_UNITS = 400;

interface Client {
  /** Will it serve nobody any more, whatever is done? */
  readonly isStuck?: boolean;
  close(): Promise<void>;
}

/** A client, what it was made of, and when that was last looked at (`performance.now()`). */
interface Kept<C> {
  readonly client: C;
  readonly madeOf: string;
  readonly lookedAt: number;
}

/** The clients that both names of a run lead to. */
export interface Clients {
  readonly source: SourceDatabase;
  readonly target: TargetDatabase;
}

/** What the rate limiter of a target begins with. */
export interface LimiterTraits {
  readonly traits: TargetTraits;
  /** Null where the target does not say. */
  readonly requestUnitsPerSecond: number | null;
}

/** Names of both ends, as a request has them. */
export interface EndNames {
  readonly source: SourceRef;
  readonly target: TargetRef;
}

/**
 * Open clients of this process, one pool for each connection and one rate limiter for each target. They are caches only: any
 * process builds the same from the names in an activity's input. A process may outlive many migrations, so what stands
 * behind a name is looked at again. A client stays what it is for its life: where a secret was corrected, a key was renewed,
 * or the driver is stuck, a new one takes its place, and {@link Connections.use} does the work that met it once more.
 */
export class Connections {
  readonly #resolver: ConnectionResolver;
  readonly #sources = new Map<string, Promise<Kept<SourceDatabase>>>();
  readonly #targets = new Map<string, Promise<Kept<TargetDatabase>>>();
  /** By the target's address: two names of one target draw from one bucket. */
  readonly #limiters = new Map<string, RateLimiter>();
  readonly #retired = new Set<Client>();
  /** Clients that were looked at before this time are looked at again, and a failure to do so is told. */
  #staleBefore = Number.NEGATIVE_INFINITY;
  /** When names were seen to lead elsewhere, freshly looked up. */
  readonly #ledElsewhere = new Map<string, number>();

  constructor(resolver: ConnectionResolver) {
    this.#resolver = resolver;
  }

  /** The source by its name. Throws `config` where the name leads to nothing. */
  #source(ref: SourceRef): Promise<SourceDatabase> {
    return this.#keep(
      this.#sources,
      JSON.stringify(ref),
      () => this.#resolver.resolvePostgres(ref),
      (connection) => SourceDatabase.open(connection, SOURCE_CONNECTIONS),
    );
  }

  #target(ref: TargetRef): Promise<TargetDatabase> {
    return this.#keep(
      this.#targets,
      JSON.stringify(ref),
      () => this.#resolver.resolveMongo(ref),
      (connection) => {
        try {
          return new TargetDatabase(connection, TARGET_CONNECTIONS);
        } catch (error) {
          // The driver looks at the URI's options when it is made.
          throw targetError(error, connection.display);
        }
      },
    );
  }

  /**
   * Does work on both ends. It is done once more over new clients where an end refuses the login and its name stands for another
   * one now, as a password or an account's key was renewed, or where a client got stuck. This is the one place where work changes
   * its clients, so `work` may run twice.
   *
   * `leadTo` are the labels of both ends when the work was planned. Where the names lead to others, this process may know outdated
   * secrets, and reads them again.
   */
  async use<T>(
    names: EndNames,
    leadTo: { readonly source: string; readonly target: string } | null,
    work: (clients: Clients) => Promise<T>,
  ): Promise<T> {
    return await this.#renewing(
      async () => {
        const clients = await this.#open(names);
        if (leadTo === null || isLedTo(clients, leadTo)) return clients;
        // Where they go on leading elsewhere, work that comes often does not ask the vault each time.
        const wanted = JSON.stringify([names.source, names.target, leadTo.source, leadTo.target]);
        if (performance.now() - (this.#ledElsewhere.get(wanted) ?? Number.NEGATIVE_INFINITY) < LOOK_AGAIN_MS)
          return clients;
        this.refresh();
        const renewed = await this.#open(names);
        if (!isLedTo(renewed, leadTo)) this.#ledElsewhere.set(wanted, performance.now());
        return renewed;
      },
      areSameClients,
      ({ target }) => target.isStuck,
      work,
    );
  }

  /** As {@link use}, with the source alone. */
  async useSource<T>(ref: SourceRef, work: (source: SourceDatabase) => Promise<T>): Promise<T> {
    return await this.#renewing(
      () => this.#source(ref),
      (one, other) => one.hasConnectionsOf(other),
      () => false,
      work,
    );
  }

  /** As {@link use}, with the target alone: what is set back there does not need the source. */
  async useTarget<T>(ref: TargetRef, work: (target: TargetDatabase) => Promise<T>): Promise<T> {
    return await this.#renewing(
      () => this.#target(ref),
      (one, other) => one === other,
      (target) => target.isStuck,
      work,
    );
  }

  /** The rate limiter that all activities of this process share for one target, by whatever name they know it. */
  limiter(target: TargetDatabase, { traits, requestUnitsPerSecond }: LimiterTraits): RateLimiter {
    let limiter = this.#limiters.get(target.address);
    if (limiter === undefined) {
      const { isCharged } = traits;
      limiter = new RateLimiter({
        // 0 means no limit to the driver.
        maxInFlight: Math.min(
          isCharged ? REQUESTS_IN_FLIGHT_RU : REQUESTS_IN_FLIGHT,
          target.poolSize || TARGET_CONNECTIONS,
        ),
        initialRate: isCharged ? (requestUnitsPerSecond ?? LEAST_REQUEST_UNITS) : Number.POSITIVE_INFINITY,
        isRateKnown: isCharged && requestUnitsPerSecond !== null,
      });
      this.#limiters.set(target.address, limiter);
    }
    return limiter;
  }

  /** Secrets and keys are read again by the next use: a migration begins, or a login was refused. */
  refresh(): void {
    this.#resolver.forget();
    this.#staleBefore = performance.now();
  }

  async close(): Promise<void> {
    const open = [...this.#sources.values(), ...this.#targets.values()];
    const retired = [...this.#retired];
    this.#sources.clear();
    this.#targets.clear();
    this.#limiters.clear();
    this.#retired.clear();
    for (const kept of open) await (await kept).client.close();
    for (const client of retired) await client.close();
  }

  async #open({ source, target }: EndNames): Promise<Clients> {
    const [from, to] = await Promise.all([this.#source(source), this.#target(target)]);
    return { source: from, target: to };
  }

  async #renewing<C, T>(
    open: () => Promise<C>,
    areSame: (one: C, other: C) => boolean,
    isStuck: (clients: C) => boolean,
    work: (clients: C) => Promise<T>,
  ): Promise<T> {
    const clients = await open();
    try {
      return await work(clients);
    } catch (error) {
      if (isLoginRefused(error)) this.refresh();
      else if (!isStuck(clients)) throw error;
      const renewed = await open();
      if (areSame(clients, renewed)) throw error;
      return await work(renewed);
    }
  }

  /** The client behind a name: the known one, a new one where something else stands behind the name now. */
  async #keep<C extends Client, R extends object>(
    cache: Map<string, Promise<Kept<C>>>,
    key: string,
    resolve: () => Promise<R>,
    make: (resolved: R) => C,
  ): Promise<C> {
    const known = cache.get(key);
    if (known !== undefined) {
      const { client, lookedAt } = await known;
      const isUsable = client.isStuck !== true;
      if (isUsable && lookedAt >= this.#staleBefore && performance.now() - lookedAt < LOOK_AGAIN_MS) return client;
      // Somebody else has begun to look meanwhile.
      const later = cache.get(key);
      if (later !== undefined && later !== known) return (await later).client;
    }
    const next = this.#look(known, resolve, make);
    cache.set(key, next);
    try {
      return (await next).client;
    } catch (error) {
      // A rejected promise is not kept; a client that is there already is.
      if (cache.get(key) === next) {
        if (known === undefined) cache.delete(key);
        else cache.set(key, known);
      }
      throw error;
    }
  }

  async #look<C extends Client, R extends object>(
    known: Promise<Kept<C>> | undefined,
    resolve: () => Promise<R>,
    make: (resolved: R) => C,
  ): Promise<Kept<C>> {
    const before = await known;
    const lookedAt = performance.now();
    let resolved: R;
    try {
      resolved = await resolve();
    } catch (error) {
      // A vault that does not answer for a moment is no reason to stop work that goes well.
      if (before === undefined || before.lookedAt < this.#staleBefore) throw error;
      return { ...before, lookedAt };
    }
    const madeOf = createHash('sha256').update(JSON.stringify(resolved)).digest('base64');
    if (before?.madeOf === madeOf && before.client.isStuck !== true) return { ...before, lookedAt };
    const client = make(resolved);
    if (before !== undefined) this.#retire(before.client);
    return { client, madeOf, lookedAt };
  }

  #retire(client: Client): void {
    this.#retired.add(client);
    const timer = setTimeout(() => {
      if (this.#retired.delete(client)) client.close().catch(() => undefined);
    }, RETIRE_MS);
    timer.unref();
  }
}

function isLedTo({ source, target }: Clients, to: { readonly source: string; readonly target: string }): boolean {
  return source.display === to.source && target.display === to.target;
}

/** Are both over the same connections? */
export function areSameClients(one: Clients, other: Clients): boolean {
  return one.source.hasConnectionsOf(other.source) && one.target === other.target;
}
