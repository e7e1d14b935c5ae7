import { setTimeout as sleep } from 'node:timers/promises';
import type { Ownership, Writer } from '../contract/ownership.ts';
import type { ClaimRequest } from './claimGround.ts';
import { markers } from './ownership.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { askTarget } from './targetError.ts';

/** Begins the `_id` of the document by which a writer is heard of. */
const WRITER_PREFIX = 'writer ';
/** A writer that was not heard of for so long counts as dead. What else a lease's times are is derived from it (writerLease.ts). */
export const DEAD_AFTER_MS = 30_000;
const LOOK_AGAIN_MS = 1_000;

/** The writers with these tokens, as they were last heard of. */
export async function readWriters(target: TargetDatabase, tokens: readonly string[]): Promise<Writer[]> {
  if (tokens.length === 0) return [];
  const ids = tokens.map((token) => `${WRITER_PREFIX}${token}`);
  const found = await askTarget(target, () =>
    markers(target)
      .find({ _id: { $in: ids } })
      .toArray(),
  );
  return found.map((document) => ({
    token: document._id.slice(WRITER_PREFIX.length),
    migration: String(document['migration']),
    run: String(document['run']),
    heardAt: isoTime(document['heardAt']),
  }));
}

function isoTime(value: unknown): string {
  return value instanceof Date ? value.toISOString() : new Date(0).toISOString();
}

/** Milliseconds since a writer was last heard of, by the server's clock: two machines' clocks may differ. */
async function silenceOf(target: TargetDatabase, writer: Writer): Promise<number> {
  const hello = await askTarget(target, () => target.db.command({ hello: 1 }));
  const now = new Date((hello['localTime'] as Date | number | undefined) ?? Date.now()).getTime();
  return now - Date.parse(writer.heardAt);
}

/**
 * Is the writer dead? One that might be is watched until it is heard of again, or not for {@link DEAD_AFTER_MS}: by the server's clock,
 * or by ours where that one was set back, so that a dead writer seems to have been heard of in the future. Where it was set forward, one that
 * lives may be taken for dead between two of its signs: it is told with its next one, and writes nothing more.
 */
export async function isDead(target: TargetDatabase, writer: Writer, signal: AbortSignal): Promise<boolean> {
  const begunAt = performance.now();
  for (;;) {
    if ((await silenceOf(target, writer)) > DEAD_AFTER_MS || performance.now() - begunAt > DEAD_AFTER_MS) return true;
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
    const [now] = await readWriters(target, [writer.token]);
    if (now === undefined) return true;
    if (now.heardAt !== writer.heardAt) return false;
  }
}

/** Makes a token one that may write. Its writer counts as heard of. */
export async function putWriter(
  target: TargetDatabase,
  token: string,
  { migration, run }: Pick<ClaimRequest, 'migration' | 'run'>,
): Promise<void> {
  await askTarget(target, () =>
    markers(target).updateOne(
      { _id: `${WRITER_PREFIX}${token}` },
      { $set: { migration, run }, $currentDate: { heardAt: true }, $max: { step: 0 } },
      { upsert: true },
    ),
  );
}

/** Ends a writer's right to write. */
export async function removeWriter(target: TargetDatabase, token: string): Promise<void> {
  await askTarget(target, () => markers(target).deleteOne({ _id: `${WRITER_PREFIX}${token}` }));
}

/** Ends a writer's right to write, unless it was heard of since. Returns the writer as it is now where it was, null where it is none any more. */
export async function removeIfSilent(target: TargetDatabase, { token, heardAt }: Writer): Promise<Writer | null> {
  const deleted = await askTarget(target, () =>
    markers(target).deleteOne({ _id: `${WRITER_PREFIX}${token}`, heardAt: new Date(heardAt) }),
  );
  if (deleted.deletedCount > 0) return null;
  const [alive] = await readWriters(target, [token]);
  return alive ?? null;
}

/**
 * Says that the writer lives, and tells whether it still may write: false once another run has taken its place, the
 * migration has ended, or this is another target. With a `step` false too where a later step has begun.
 */
export async function beatWriter(target: TargetDatabase, token: string, step: number | null): Promise<boolean> {
  const filter = { _id: `${WRITER_PREFIX}${token}`, ...(step === null ? {} : { step: { $lte: step } }) };
  const found = await markers(target).updateOne(filter, {
    $currentDate: { heardAt: true },
    ...(step === null ? {} : { $max: { step } }),
  });
  return found.matchedCount > 0;
}

/** The writers that claims on these collections name, as they were last heard of. */
export async function writersOf(
  target: TargetDatabase,
  ownership: Ownership | null,
  names: readonly string[],
): Promise<Writer[]> {
  const tokens = (ownership?.collections ?? []).flatMap(({ name, writer }) =>
    writer !== null && names.includes(name) ? [writer] : [],
  );
  return await readWriters(target, [...new Set(tokens)]);
}

/** Tokens under which a run of a migration writes. */
export async function tokensOf(target: TargetDatabase, migration: string, run: string): Promise<string[]> {
  const own = await askTarget(target, () =>
    markers(target)
      .find({ _id: { $regex: `^${WRITER_PREFIX}` }, migration, run })
      .toArray(),
  );
  return own.map(({ _id }) => _id.slice(WRITER_PREFIX.length));
}
