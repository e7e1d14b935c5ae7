import type { z } from 'zod';
import { MigrationError } from '../errors.ts';
import { isNewer, newerProblem, versionOf } from './messageVersion.ts';
import { faultyFields, type Shape } from './shape.ts';

/** Up to version 3 messages called the stamp of a plan `plan`. */
function withPlanStamp(message: unknown): unknown {
  const { plan } = (message ?? {}) as { readonly plan?: unknown };
  return typeof plan === 'string' && versionOf(message) < 4 ? { planStamp: plan, ...(message as object) } : message;
}

/**
 * A message by its schema, also one of the version before. Throws `config` for one that a newer release wrote, whose meaning is not known, and `internal` for
 * one of another shape: it names the fields, and no value.
 */
export function readMessage<S extends z.ZodType>(schema: S, message: unknown): Shape<S> {
  if (isNewer(message)) {
    const { kind, message: text, hint } = newerProblem(versionOf(message));
    throw new MigrationError(kind, text, { hint });
  }
  const { success, data, error } = schema.safeParse(withPlanStamp(message));
  if (success) return data as Shape<S>;
  throw new MigrationError('internal', `The input of the step is not what this release sends: ${faultyFields(error)}`, {
    hint: 'Start the migration again with --resume: what was copied is kept',
  });
}
