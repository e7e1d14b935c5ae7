import type { Document } from 'mongodb';
import { TokenBucket } from './tokenBucket.ts';

/** An answer to a customAction command: fields for success, or a failure's text (cosmos-facts §8: `{ok: 0, code, errMsg}`). */
export type ThroughputAnswer =
  | { readonly ok: 1; readonly [field: string]: unknown }
  | { readonly ok: 0; readonly code: number; readonly errMsg: string };

interface Offer {
  readonly autoscale: boolean;
  readonly units: number;
}

/** Who pays: one offer for the database, or each collection its own. */
export type ThroughputScope = 'database' | 'collection';

/** The offers of an account and the buckets they fill. Collections may have an offer beside the database's. */
export class Throughput {
  private readonly scope: ThroughputScope;
  private readonly serverless: boolean;
  private readonly burstSeconds: number;
  private readonly initialUnits: number;
  private readonly offers = new Map<string, Offer>();
  private readonly buckets = new Map<string, TokenBucket>();
  private readonly highest = new Map<string, number>();
  /** Offers changed by customAction: accounts allow 25 in five minutes. */
  updates = 0;

  constructor(init: {
    unitsPerSecond: number;
    burstSeconds: number;
    scope: ThroughputScope;
    autoscale: boolean;
    serverless: boolean;
    nowMs: number;
  }) {
    this.scope = init.scope;
    this.serverless = init.serverless;
    this.burstSeconds = init.burstSeconds;
    this.initialUnits = init.unitsPerSecond;
    if (init.scope === 'database') this.put('', { autoscale: init.autoscale, units: init.unitsPerSecond }, init.nowMs);
  }

  /** The bucket that pays for a collection. */
  bucketOf(namespace: string, nowMs: number): TokenBucket {
    const own = this.buckets.get(namespace);
    if (own !== undefined) return own;
    if (this.scope === 'database') return this.buckets.get('') as TokenBucket;
    return this.put(namespace, { autoscale: false, units: this.initialUnits }, nowMs);
  }

  /** Sets every offer, as an operator at the portal would. */
  setAll(unitsPerSecond: number, nowMs: number): void {
    for (const [name, offer] of [...this.offers]) this.put(name, { ...offer, units: unitsPerSecond }, nowMs);
  }

  /** What is set now, by collection, or under the empty name for the database. */
  settings(): Record<string, number> {
    return Object.fromEntries([...this.offers].map(([name, offer]) => [name, offer.units]));
  }

  /** What all offers together allowed to spend up to now. */
  flowed(nowMs: number): number {
    return [...this.buckets.values()].reduce((sum, bucket) => sum + bucket.flowed(nowMs), 0);
  }

  /** Answers a customAction. `CreateCollection` only sets the offer here: the collection itself is the caller's work. */
  act(database: string, command: Document, nowMs: number): ThroughputAnswer {
    const action = String(command['customAction']);
    const name = action.endsWith('Database') ? '' : `${database}.${String(command['collection'])}`;
    if (action.startsWith('Get')) return this.describe(database, name, command);
    if (!/^(Create|Update)(Database|Collection)$/.test(action)) return failure(9, `Unknown custom action '${action}'`);
    const asked = requested(command);
    if (asked === undefined) {
      return action.startsWith('Create') ? { ok: 1 } : failure(9, 'offerThroughput or autoScaleSettings is required');
    }
    if (this.serverless) return failure(2, 'Reading or replacing offers is not supported for serverless accounts.');
    const current = this.offers.get(name);
    if (action.startsWith('Update')) {
      if (current === undefined)
        return failure(9, 'The offer does not exist: the throughput is shared or not provisioned here.');
      if (current.autoscale !== asked.autoscale) {
        return failure(
          2,
          'Offer cannot be changed between manual and autoscale. Please invoke migration API to migrate this offer.',
        );
      }
      this.updates += 1;
    }
    const step = asked.autoscale ? 1_000 : 100;
    const highest = this.highest.get(name) ?? 0;
    const least = Math.max(
      asked.autoscale ? 1_000 : 400,
      Math.ceil(highest / (asked.autoscale ? 10 : 100) / step) * step,
    );
    if (asked.units % step !== 0 || asked.units < least) {
      return failure(2, `The offer should be at least ${least} and in steps of ${step}, not ${asked.units}.`);
    }
    this.put(name, asked, nowMs);
    return { ok: 1 };
  }

  private describe(database: string, name: string, command: Document): ThroughputAnswer {
    if (this.serverless) return failure(2, 'Reading or replacing offers is not supported for serverless accounts.');
    const offer = this.offers.get(name);
    return {
      database,
      ...(name === '' ? {} : { collection: command['collection'] as string }),
      ...(offer === undefined ? {} : { provisionedThroughput: offer.units }),
      ...(offer?.autoscale === true ? { autoScaleSettings: { maxThroughput: offer.units } } : {}),
      ok: 1,
    };
  }

  private put(name: string, offer: Offer, nowMs: number): TokenBucket {
    this.offers.set(name, offer);
    this.highest.set(name, Math.max(this.highest.get(name) ?? 0, offer.units));
    const existing = this.buckets.get(name);
    if (existing !== undefined) {
      existing.setRate(offer.units, nowMs);
      return existing;
    }
    const bucket = new TokenBucket(offer.units, this.burstSeconds, nowMs);
    this.buckets.set(name, bucket);
    return bucket;
  }
}

function requested(command: Document): Offer | undefined {
  const manual: unknown = command['offerThroughput'];
  if (manual !== undefined) return { autoscale: false, units: Number(manual) };
  const autoscale = command['autoScaleSettings'] as { maxThroughput?: unknown } | undefined;
  return autoscale?.maxThroughput === undefined
    ? undefined
    : { autoscale: true, units: Number(autoscale.maxThroughput) };
}

function failure(code: number, errMsg: string): ThroughputAnswer {
  return { ok: 0, code, errMsg };
}
