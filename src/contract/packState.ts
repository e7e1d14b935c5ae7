import { deflateRawSync, inflateRawSync } from 'node:zlib';

import type { MigrateState } from './migrateState.ts';

/** A state that was too large to be handed on as it is: deflated JSON in base64. */
export interface PackedState {
  readonly deflated: string;
}

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

/** The state that a generation begins with; null for a run that begins. */
export function unpackState(stored: MigrateState | PackedState | null): MigrateState | null {
  if (stored === null || !('deflated' in stored)) return stored;
  return JSON.parse(inflateRawSync(Buffer.from(stored.deflated, 'base64')).toString('utf8')) as MigrateState;
}
