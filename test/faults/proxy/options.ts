import type { Hints } from './refusals.ts';
import type { ThroughputScope } from './throughput.ts';

/** Answers to matching commands are failures that the server never sees. */
export interface FailCommand {
  /** Names of commands; all but handshakes by default. */
  readonly commands?: readonly string[];
  readonly code: number;
  readonly codeName?: string;
  readonly errmsg?: string;
  /** Let so many matching commands pass first. */
  readonly skip?: number;
  /** Fail so many of them; all by default. */
  readonly times?: number;
  /** The chance to fail each of them, 1 by default. */
  readonly rate?: number;
}

export interface CosmosProxyOptions {
  readonly upstream: { readonly host: string; readonly port: number };
  /** 0, the default, lets the system choose. */
  readonly port?: number;
  /** `ru`: a request-unit account in front of the server. `mongodb`: only connection faults and bookkeeping. */
  readonly flavour: 'ru' | 'mongodb';
  readonly seed: number;
  /** The limit; none by default, or with `Infinity`. */
  readonly requestUnitsPerSecond?: number;
  /** Unspent units are kept for so long, 1 second by default. */
  readonly burstSeconds?: number;
  readonly throughputScope?: ThroughputScope;
  readonly autoscale?: boolean;
  readonly serverless?: boolean;
  /** Whether refusals name a waiting time, `always` by default. */
  readonly hints?: Hints;
  /** The chance that a throttled write command ends with code 50 and an outcome that the client cannot know. */
  readonly timeoutRate?: number;
  /** The chance that a command costs its connection: half of them before the server sees it, half before its answer is sent. */
  readonly cutRate?: number;
  /** Only these commands are cut; all but handshakes by default. */
  readonly cutCommands?: readonly string[];
  /** Every answer waits so long, or a random time between two bounds. */
  readonly delayMs?: number | { readonly min: number; readonly max: number };
  readonly failCommands?: readonly FailCommand[];
  /** 2 MiB by default. */
  readonly maxDocumentBytes?: number;
  /** Refuse sorts that no index serves, as RU accounts do; on by default. */
  readonly refuseUnindexedSort?: boolean;
  /** Unique indexes come with `CreateCollection` or not at all, as on accounts with continuous backup; off by default. */
  readonly continuousBackup?: boolean;
}
