import { performance } from 'node:perf_hooks';
import type { Document } from 'mongodb';
import { Ledger } from './ledger.ts';
import { Meter } from './meter.ts';
import type { CosmosProxyOptions, FailCommand } from './options.ts';
import { seededRandom } from './random.ts';
import type { Hints } from './refusals.ts';
import { Throughput } from './throughput.ts';

/** What all connections of one proxy share. */
export interface ProxyState {
  readonly options: CosmosProxyOptions;
  readonly isRu: boolean;
  readonly hints: Hints;
  readonly maxDocumentBytes: number;
  readonly random: () => number;
  readonly ledger: Ledger;
  readonly meter: Meter;
  readonly throughput: Throughput;
  /** Keys of each collection's indexes, asked for once and again after each change. */
  readonly indexKeys: Map<string, readonly Document[]>;
  /** Shard keys of the collections that were made with one, by namespace. */
  readonly shardKeys: Map<string, string>;
  readonly cuts: { before: number; after: number };
  /** Commands that each of `options.failCommands` has matched. */
  readonly failMatches: Map<FailCommand, number>;
  /** Milliseconds of the one clock that everything here uses. */
  readonly nowMs: () => number;
  /** `host:port` of this proxy, once it listens. */
  address: string;
}

/** A fresh state: full buckets, empty books. */
export function createState(options: CosmosProxyOptions): ProxyState {
  const nowMs = () => performance.now();
  return {
    options,
    isRu: options.flavour === 'ru',
    hints: options.hints ?? 'always',
    maxDocumentBytes: options.maxDocumentBytes ?? 2 * 1_024 * 1_024,
    random: seededRandom(options.seed),
    ledger: new Ledger(),
    meter: new Meter(),
    throughput: new Throughput({
      unitsPerSecond: Math.min(options.requestUnitsPerSecond ?? Number.MAX_SAFE_INTEGER, 1e12),
      burstSeconds: options.burstSeconds ?? 1,
      scope: options.throughputScope ?? 'database',
      autoscale: options.autoscale ?? false,
      serverless: options.serverless ?? false,
      nowMs: nowMs(),
    }),
    indexKeys: new Map(),
    shardKeys: new Map(),
    cuts: { before: 0, after: 0 },
    failMatches: new Map(),
    nowMs,
    address: '',
  };
}

/** The failure that a command must get by schedule or chance, if any. */
export function scheduledFailure(state: ProxyState, name: string): FailCommand | undefined {
  for (const rule of state.options.failCommands ?? []) {
    if (rule.commands !== undefined && !rule.commands.includes(name)) continue;
    if (rule.rate !== undefined && state.random() >= rule.rate) continue;
    const matched = (state.failMatches.get(rule) ?? 0) + 1;
    state.failMatches.set(rule, matched);
    const skip = rule.skip ?? 0;
    if (matched > skip && matched <= skip + (rule.times ?? Number.POSITIVE_INFINITY)) return rule;
  }
  return undefined;
}
