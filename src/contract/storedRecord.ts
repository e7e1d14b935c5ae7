import type { z } from 'zod';
import { MigrationError } from '../errors.ts';
import { faultyFields } from './shape.ts';

/** A kind of record that outlives its process, as a blob of its migration. */
export interface StoredRecord<T> {
  /** For error texts, such as `The claim`. */
  readonly name: string;
  /** Stands in the record as `version`. Raised when its meaning changes. Records without one are of version 1. */
  readonly version: number;
  readonly schema: z.ZodType<T>;
  /** A record of the version before as this release would have written it; without it that one has the same shape. */
  readonly upgrade?: (record: unknown) => unknown;
}

/** The record as it is stored. */
export function toStored<T extends object>({ version }: StoredRecord<T>, value: T): T & { readonly version: number } {
  return { version, ...value };
}

/**
 * A stored record as this release knows it, also one of the version before. Throws `config` for one that a newer release
 * wrote, and `internal` for one of another shape: it names the fields, and no value.
 */
export function fromStored<T>({ name, version, schema, upgrade }: StoredRecord<T>, stored: unknown): T {
  const { version: written = 1 } = (stored ?? {}) as { readonly version?: number };
  if (written > version) {
    throw new MigrationError(
      'config',
      `${name} was stored by a newer release of this app (version ${written}; this release reads up to ${version})`,
      { hint: 'Deploy the newer release again, or start the migration again with --resume: what was copied is kept' },
    );
  }
  const { success, data, error } = schema.safeParse(written < version ? (upgrade?.(stored) ?? stored) : stored);
  if (success) return data;
  throw new MigrationError('internal', `${name} cannot be read: ${faultyFields(error)}`, {
    hint: 'Start the migration again with --resume: what was copied is kept',
  });
}
