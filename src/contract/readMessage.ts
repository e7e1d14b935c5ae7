import type { z } from 'zod';
import { MigrationError } from '../errors.ts';
import { isNewer, newerProblem, versionOf } from './messageVersion.ts';
import type { Shape } from './shape.ts';

/** Fields that an error names; the rest of a message that is something else altogether says no more. */
const MAX_FIELDS = 5;

/**
 * A message by its schema. Throws `config` for one that a newer release wrote, whose meaning is not known, and `internal` for
 * one of another shape: it names the fields, and no value.
 */
export function readMessage<S extends z.ZodType>(schema: S, message: unknown): Shape<S> {
  if (isNewer(message)) {
    const { kind, message: text, hint } = newerProblem(versionOf(message));
    throw new MigrationError(kind, text, { hint });
  }
  const { success, data, error } = schema.safeParse(message);
  if (success) return data as Shape<S>;
  const fields = [...new Set(error.issues.map(({ path }) => path.join('.') || 'all of it'))];
  throw new MigrationError(
    'internal',
    `The input of the step is not what this release sends: ${fields.slice(0, MAX_FIELDS).join(', ')}`,
    { hint: 'Start the migration again with --resume: what was copied is kept' },
  );
}
