import { deflateRawSync, inflateRawSync } from 'node:zlib';

import { z } from 'zod';
import { MigrateState } from './migrateState.ts';
import { readMessage } from './readMessage.ts';
import type { Shape } from './shape.ts';

/** A state that was too large to be handed on as it is: deflated JSON in base64. */
const PackedState = z.object({ deflated: z.string() });
export type PackedState = Shape<typeof PackedState>;

/** A state as it was handed on. One of an earlier release may lack what this one knows. */
export const StoredState = z.union([PackedState, MigrateState.partial()]);
export type StoredState = Shape<typeof StoredState>;

/** Smaller ones stay legible in Durable's own views. */
const LEGIBLE_CHARACTERS = 8_000;

/**
 * The state as one generation hands it on to the next. Counts of some seventy tables in a dozen maps come to 40 KB and more,
 * with which the real extension takes seconds to start over; names and digits that repeat deflate to a sixth. The same state
 * packs alike wherever it is replayed.
 */
export function packState(state: MigrateState): MigrateState | PackedState {
  const json = JSON.stringify(state);
  if (json.length <= LEGIBLE_CHARACTERS) return state;
  return { deflated: deflateRawSync(json, { level: 9 }).toString('base64') };
}

/**
 * The state that a generation begins with. What an earlier release did not tell, or a run that begins has not (null), is as in
 * `initial`. Throws `internal` where a field has another shape.
 */
export function readState(stored: StoredState | null, initial: MigrateState): MigrateState {
  return readMessage(MigrateState, { ...initial, ...unpack(stored) });
}

/**
 * The same of a state that a newer release has written: fields that this release cannot read are as in `initial` too, so that
 * the run can still be ended as the one that it was.
 */
export function readNewerState(stored: StoredState | null, initial: MigrateState): MigrateState {
  const fields = Object.entries(unpack(stored)).filter(([name, value]) => {
    const schema: z.ZodType | undefined = MigrateState.shape[name as keyof MigrateState];
    return schema?.safeParse(value).success === true;
  });
  return { ...initial, ...(Object.fromEntries(fields) as Partial<MigrateState>) };
}

function unpack(stored: StoredState | null): object {
  if (stored === null || !('deflated' in stored)) return stored ?? {};
  return JSON.parse(inflateRawSync(Buffer.from(stored.deflated, 'base64')).toString('utf8')) as object;
}
