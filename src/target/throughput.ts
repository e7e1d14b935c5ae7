import type { Document } from 'mongodb';
import type { TargetDatabase } from './client.ts';
import type { TargetTraits } from './flavour.ts';

/**
 * RU/s of the target database, or of its collections taken together where they have their own (cosmos-facts.md §8); null
 * where the target has none or does not say (serverless accounts refuse the question).
 */
export async function readThroughput(target: TargetDatabase, traits: TargetTraits): Promise<number | null> {
  if (traits.flavour !== 'cosmos-ru') return null;
  const ask = (command: Document) => target.db.command(command).catch((): Document => ({ ok: 0 }));
  const shared = throughputOf(await ask({ customAction: 'GetDatabase' }));
  if (shared !== null) return shared;
  const collections = await target.db
    .listCollections({}, { nameOnly: true })
    .toArray()
    .catch(() => []);
  let total = 0;
  for (const { name } of collections) {
    total += throughputOf(await ask({ customAction: 'GetCollection', collection: name })) ?? 0;
  }
  return total > 0 ? total : null;
}

function throughputOf(reply: Document): number | null {
  const scale = reply['autoScaleSettings'] as { maxThroughput?: unknown } | undefined;
  const value = Number(scale?.maxThroughput ?? reply['provisionedThroughput'] ?? Number.NaN);
  return Number.isFinite(value) && value > 0 ? value : null;
}
