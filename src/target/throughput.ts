import type { Document } from 'mongodb';
import type { DatabaseOffer } from '../contract/plan.ts';
import { retry } from '../retry.ts';
import { CODE, failureKind, refusalText, serverErrorCode } from './failureKind.ts';
import { MARKER_COLLECTION } from './ownership.ts';
import { afterBusyAccount } from './retryPolicies.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { askTarget, targetError } from './targetError.ts';
import type { TargetTraits } from './targetTraits.ts';

/** Throughput of the database (`collection` null), or of one collection that has its own: cosmos-facts.md §8. */
export interface ThroughputSetting {
  readonly collection: string | null;
  readonly kind: 'manual' | 'autoscale';
  /** RU/s, for autoscale the maximum. */
  readonly value: number;
}

/** An account takes 25 changes in five minutes: two for each collection, with room for others'. */
export const MAX_COLLECTIONS = 10;
/** Milliseconds before a change, and a question, is tried again; doubled each time. */
const CHANGE_AGAIN = afterBusyAccount(500);
const ASK_AGAIN = afterBusyAccount(200);

/** Only the text tells a serverless account from one that does not let its throughput be read (cosmos-facts.md §8). */
const SERVERLESS = /serverless/i;

/** Who pays for the collections of the database, and which are there. */
export interface FoundOffer extends Pick<DatabaseOffer, 'kind' | 'shared'> {
  readonly present: readonly string[];
}

/** Who pays for the database's collections; null where the target has no request units. */
export async function readOffer(
  target: TargetDatabase,
  traits: TargetTraits,
  signal: AbortSignal,
): Promise<FoundOffer | null> {
  if (!traits.isCharged) return null;
  const present = await collectionNames(target, signal);
  const { reply, refusal } = await ask(target, { customAction: 'GetDatabase' }, signal);
  if (refusal !== null) {
    // A database that is not there yet is made by its first collection, which then has its own throughput.
    if (serverErrorCode(refusal) === CODE.namespaceNotFound) return { kind: 'own', shared: null, present };
    return { kind: SERVERLESS.test(refusalText(refusal)) ? 'serverless' : 'unknown', shared: null, present };
  }
  const setting = settingOf(null, reply);
  if (setting === null) return { kind: 'own', shared: null, present };
  return { kind: 'shared', shared: { value: setting.value, isAutoscale: setting.kind === 'autoscale' }, present };
}

/** The offer with the collections that the database has once those named and the migration's own record are there. */
export function offerFor({ kind, shared, present }: FoundOffer, names: readonly string[]): DatabaseOffer {
  const all = new Set([...present, ...names, MARKER_COLLECTION]);
  return { kind, shared, collections: all.size, added: all.size - present.length };
}

/** What throughput is set where; empty where the account does not say. `names` are the collections to ask about, the most important first. */
export async function listThroughput(
  target: TargetDatabase,
  names: readonly string[] | null,
  signal: AbortSignal,
): Promise<ThroughputSetting[]> {
  const shared = settingOf(null, (await ask(target, { customAction: 'GetDatabase' }, signal)).reply);
  if (shared !== null) return [shared];
  const settings: ThroughputSetting[] = [];
  for (const name of (names ?? (await collectionNames(target, signal))).slice(0, MAX_COLLECTIONS)) {
    const setting = settingOf(
      name,
      (await ask(target, { customAction: 'GetCollection', collection: name }, signal)).reply,
    );
    if (setting !== null) settings.push(setting);
  }
  return settings;
}

/** Sets throughput, in the kind that it has: manual and autoscale do not change into each other by these commands. */
export async function setThroughput(
  target: TargetDatabase,
  setting: ThroughputSetting,
  signal: AbortSignal,
): Promise<void> {
  const place =
    setting.collection === null
      ? { customAction: 'UpdateDatabase' }
      : { customAction: 'UpdateCollection', collection: setting.collection };
  const value =
    setting.kind === 'autoscale'
      ? { autoScaleSettings: { maxThroughput: setting.value } }
      : { offerThroughput: setting.value };
  const change = () => target.db.command({ ...place, ...value });
  await retry(CHANGE_AGAIN, () => askTarget(target, change, signal), signal);
}

async function collectionNames(target: TargetDatabase, signal: AbortSignal): Promise<string[]> {
  const list = () => target.db.listCollections({}, { nameOnly: true }).toArray();
  const answer = await answerTo(target, list, signal);
  if ('refusal' in answer) throw targetError(answer.refusal, target.display);
  return answer.value.map(({ name }) => name);
}

/** The answer to a question about throughput: empty, with the reason, where the account refuses to say. */
async function ask(
  target: TargetDatabase,
  command: Document,
  signal: AbortSignal,
): Promise<{ reply: Document; refusal: unknown }> {
  const answer = await answerTo(target, () => target.db.command(command), signal);
  return 'refusal' in answer ? { reply: {}, refusal: answer.refusal } : { reply: answer.value, refusal: null };
}

/** Asks again where the account is busy or a connection was lost; gives a refusal that stays back. */
async function answerTo<T>(
  target: TargetDatabase,
  send: () => Promise<T>,
  signal: AbortSignal,
): Promise<{ readonly value: T } | { readonly refusal: unknown }> {
  try {
    return { value: await retry(ASK_AGAIN, () => target.limits.within(send), signal) };
  } catch (error) {
    signal.throwIfAborted();
    if (failureKind(error) === 'permanent') return { refusal: error };
    throw targetError(error, target.display);
  }
}

function settingOf(collection: string | null, reply: Document): ThroughputSetting | null {
  const scale = reply['autoScaleSettings'] as { maxThroughput?: unknown } | undefined;
  const autoscale = Number(scale?.maxThroughput ?? Number.NaN);
  if (autoscale > 0) return { collection, kind: 'autoscale', value: autoscale };
  const manual = Number(reply['provisionedThroughput'] ?? Number.NaN);
  return manual > 0 ? { collection, kind: 'manual', value: manual } : null;
}
