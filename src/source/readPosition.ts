import type { SourcePosition } from '../contract/ownership.ts';
import { isPermanent } from '../errors.ts';
import { readClock } from './readClock.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

/** How far the source has got; null where the service does not say, or the role may not ask. Throws source errors that pass. */
export async function readPosition(source: SourceDatabase): Promise<SourcePosition | null> {
  try {
    const { position, at } = await source.read((client) => readClock(client, true));
    return position === null ? null : { position, at };
  } catch (error) {
    // Services with storage of their own have no such log: then going back is not noticed, as the record says by saying nothing.
    if (isPermanent(error)) return null;
    throw error;
  }
}
