import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { LedgerCounts } from './ledger.ts';
import type { MeterReading } from './meter.ts';
import type { CosmosProxyOptions } from './options.ts';
import { Session } from './session.ts';
import { createState } from './state.ts';

/** What a proxy saw so far. Units are request units. */
export interface ProxyStats extends LedgerCounts, MeterReading {
  /** Spent while documents were written, as a share of what the limit allowed in that time, the first burst among it. */
  readonly spentShare: number | undefined;
  readonly connections: number;
  readonly cuts: { readonly before: number; readonly after: number };
  /** Offers now, by collection, or under the empty name for the database; and how often customAction changed one. */
  readonly throughput: Readonly<Record<string, number>>;
  readonly throughputUpdates: number;
}

export interface CosmosProxy {
  readonly port: number;
  /** A connection string through the proxy, without any option that a driver could find out by itself. */
  uri(database?: string, auth?: { readonly user: string; readonly password: string }): string;
  stats(): ProxyStats;
  /** How often the insert of each `_id` of `database.collection` was accepted; keys are hex of BSON type and bytes. */
  accepted(namespace: string): ReadonlyMap<string, number>;
  /** Shard keys of the collections that were made with one, by `database.collection`. */
  shardKeys(): Readonly<Record<string, string>>;
  /** Changes the limit at once. */
  setThroughput(unitsPerSecond: number): void;
  /** Says that the client was killed: what it is told from now on is all it knows. */
  newClient(): void;
  /** Ends every connection. */
  cutAll(): void;
  /** Refuses new connections until {@link CosmosProxy.resume}; those that are open stay. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a proxy in front of a MongoDB server. Listens on 127.0.0.1. */
export async function startCosmosProxy(options: CosmosProxyOptions): Promise<CosmosProxy> {
  const state = createState(options);
  const sessions = new Set<Session>();
  const faults: unknown[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    const session = new Session(socket, state);
    sessions.add(session);
    session
      .run()
      .catch((error: unknown) => {
        // A fault of the proxy itself: it ends this connection, and stop() tells.
        faults.push(error);
        process.stderr.write(
          `fault proxy: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
        );
      })
      .finally(() => sessions.delete(session));
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  state.address = `127.0.0.1:${port}`;
  const cutAll = () => {
    for (const session of [...sessions]) session.end();
  };
  const pause = async () => {
    // close() reports only when the last connection has ended, but stops listening at once.
    if (server.listening) server.close();
  };
  return {
    port,
    uri(database = '', auth) {
      const credentials =
        auth === undefined ? '' : `${encodeURIComponent(auth.user)}:${encodeURIComponent(auth.password)}@`;
      return `mongodb://${credentials}${state.address}/${database}${auth === undefined ? '' : '?authSource=admin'}`;
    },
    stats() {
      const reading = state.meter.reading();
      const { writing } = reading;
      const burst =
        state.options.requestUnitsPerSecond === undefined
          ? 0
          : state.options.requestUnitsPerSecond * (state.options.burstSeconds ?? 1);
      return {
        ...state.ledger.snapshot(),
        ...reading,
        spentShare: writing === undefined ? undefined : writing.spentUnits / (writing.availableUnits + burst),
        connections,
        cuts: { ...state.cuts },
        throughput: state.throughput.settings(),
        throughputUpdates: state.throughput.updates,
      };
    },
    accepted: (namespace) => state.ledger.accepted(namespace),
    shardKeys: () => Object.fromEntries(state.shardKeys),
    setThroughput: (unitsPerSecond) => state.throughput.setAll(unitsPerSecond, state.nowMs()),
    newClient: () => state.ledger.newClient(),
    cutAll,
    pause,
    resume: async () => {
      if (!server.listening) await listen(port);
    },
    async stop() {
      const closed = server.listening ? once(server, 'close') : undefined;
      if (server.listening) server.close();
      cutAll();
      await closed;
      if (faults.length > 0) throw new AggregateError(faults, 'The fault proxy itself failed');
    },
  };
}
