import { setTimeout as sleep } from 'node:timers/promises';
import type { Document } from 'mongodb';
import type { TargetDatabase } from './client.ts';
import { failureKind, targetError, toldWait } from './errors.ts';
import type { TargetTraits } from './flavour.ts';

/** Throughput of the database (`collection` null), or of one collection that has its own: cosmos-facts.md §8. */
export interface ThroughputSetting {
  readonly collection: string | null;
  readonly kind: 'manual' | 'autoscale';
  /** RU/s, for autoscale the maximum. */
  readonly value: number;
}

/** An account takes 25 changes in five minutes: two for each collection, with room for others'. */
const MAX_COLLECTIONS = 10;
const MAX_TRIES = 8;

/**
 * RU/s of the target database, or of its collections taken together where they have their own; null where the target has
 * none or does not say (serverless accounts refuse the question).
 */
export async function readThroughput(target: TargetDatabase, traits: TargetTraits): Promise<number | null> {
  if (traits.flavour !== 'cosmos-ru') return null;
  const settings = await listThroughput(target);
  return settings.length === 0 ? null : settings.reduce((sum, { value }) => sum + value, 0);
}

/** What throughput is set where; empty where the account does not say. `names` are the collections to ask about, the most important first. */
export async function listThroughput(
  target: TargetDatabase,
  names: readonly string[] | null = null,
): Promise<ThroughputSetting[]> {
  const shared = settingOf(null, await ask(target, { customAction: 'GetDatabase' }));
  if (shared !== null) return [shared];
  const settings: ThroughputSetting[] = [];
  for (const name of (names ?? (await collectionNames(target))).slice(0, MAX_COLLECTIONS)) {
    const setting = settingOf(name, await ask(target, { customAction: 'GetCollection', collection: name }));
    if (setting !== null) settings.push(setting);
  }
  return settings;
}

/** Sets throughput, in the kind that it has: manual and autoscale do not change into each other by these commands. */
export async function setThroughput(target: TargetDatabase, setting: ThroughputSetting): Promise<void> {
  const place =
    setting.collection === null
      ? { customAction: 'UpdateDatabase' }
      : { customAction: 'UpdateCollection', collection: setting.collection };
  const value =
    setting.kind === 'autoscale'
      ? { autoScaleSettings: { maxThroughput: setting.value } }
      : { offerThroughput: setting.value };
  for (let tries = 1; ; tries++) {
    try {
      await target.db.command({ ...place, ...value });
      return;
    } catch (error) {
      if (failureKind(error) === 'permanent' || tries >= MAX_TRIES) throw targetError(error, target.display);
      await sleep(toldWait(error) ?? 250 * 2 ** tries);
    }
  }
}

async function collectionNames(target: TargetDatabase): Promise<string[]> {
  try {
    return (await target.db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
  } catch (error) {
    throw targetError(error, target.display);
  }
}

/** The answer to a question about throughput; empty where the account refuses to say. */
async function ask(target: TargetDatabase, command: Document): Promise<Document> {
  for (let tries = 1; ; tries++) {
    try {
      return await target.db.command(command);
    } catch (error) {
      if (failureKind(error) === 'permanent') return {};
      if (tries >= MAX_TRIES) throw targetError(error, target.display);
      await sleep(toldWait(error) ?? 100 * 2 ** tries);
    }
  }
}

function settingOf(collection: string | null, reply: Document): ThroughputSetting | null {
  const scale = reply['autoScaleSettings'] as { maxThroughput?: unknown } | undefined;
  const autoscale = Number(scale?.maxThroughput ?? Number.NaN);
  if (autoscale > 0) return { collection, kind: 'autoscale', value: autoscale };
  const manual = Number(reply['provisionedThroughput'] ?? Number.NaN);
  return manual > 0 ? { collection, kind: 'manual', value: manual } : null;
}
