import { MigrationError } from '../errors.ts';

/** What is read of storage, or why it cannot be: a record that is cut, of another shape or of a newer release stays so. Throws where storage does not answer, which may do so in a moment. */
export async function ifReadable<T>(reading: Promise<T>): Promise<T | Error> {
  try {
    return await reading;
  } catch (error) {
    const isAway = error instanceof MigrationError && error.kind === 'storage-unavailable';
    if (isAway || !(error instanceof Error)) throw error;
    return error;
  }
}
