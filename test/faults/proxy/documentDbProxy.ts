import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Document } from 'mongodb';
import { failed, stateFailure } from './documentDbAnswers.ts';
import type { AskedBuild, DocumentDbOptions, DocumentDbStats } from './documentDbOptions.ts';
import { DocumentDbSession } from './documentDbSession.ts';
import { IndexQueue } from './indexQueue.ts';

/** What all connections of one proxy share. */
export interface DocumentDbState {
  readonly options: DocumentDbOptions;
  readonly queue: IndexQueue;
  readonly builds: AskedBuild[];
  /** How often the engine's PostgreSQL went down. */
  restarts: number;
  restartRefusals: number;
  answersLost: number;
  lostCursors: number;
  wholeRefusals: number;
  /** The gateway's answer while its PostgreSQL is away, in one of the words that were seen; undefined while it is there. */
  refusedByRestart(): Document | undefined;
}

/** A gateway of the DocumentDB engine in front of a mongod. */
export interface DocumentDbProxy {
  readonly port: number;
  stats(): DocumentDbStats;
  /** Restarts the engine's PostgreSQL, which takes so many milliseconds. The gateway stays. */
  restart(forMs: number): void;
  stop(): Promise<void>;
}

/** Starts a proxy in front of a MongoDB server that answers as the DocumentDB engine does. Listens on 127.0.0.1. */
export async function startDocumentDbProxy(options: DocumentDbOptions): Promise<DocumentDbProxy> {
  let backAt = 0;
  const state: DocumentDbState = {
    options,
    queue: new IndexQueue(options),
    builds: [],
    restarts: 0,
    restartRefusals: 0,
    answersLost: 0,
    lostCursors: 0,
    wholeRefusals: 0,
    refusedByRestart() {
      if (performance.now() >= backAt) return undefined;
      return this.restartRefusals++ % 2 === 0
        ? stateFailure('57P03', 'the database system is starting up')
        : failed(1, 'InternalError', 'error connecting to server: Connection refused (os error 111)');
    },
  };
  const sessions = new Set<DocumentDbSession>();
  const faults: unknown[] = [];
  const server = createServer((socket) => {
    const session = new DocumentDbSession(socket, state);
    sessions.add(session);
    session
      .run()
      .catch((error: unknown) => faults.push(error))
      .finally(() => sessions.delete(session));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stats: () => ({
      builds: [...state.builds],
      joined: state.queue.joined,
      timedOut: state.queue.timedOut,
      secondBuilds: state.queue.secondBuilds,
      lostCursors: state.lostCursors,
      restartRefusals: state.restartRefusals,
      answersLost: state.answersLost,
      wholeRefusals: state.wholeRefusals,
    }),
    restart(forMs) {
      state.restarts++;
      backAt = performance.now() + forMs;
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.end();
      await closed;
      if (faults.length > 0) throw new AggregateError(faults, 'The DocumentDB proxy itself failed');
    },
  };
}
