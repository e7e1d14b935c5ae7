import type { z } from 'zod';

/** What a schema lets through, of which nothing may be changed. */
export type Shape<S extends z.ZodType> = DeepReadonly<z.infer<S>>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** Fields that an error names: something else altogether has faults everywhere. */
const MAX_FIELDS = 5;

/** Paths of the fields that a schema refused, for error texts; no value stands in them. */
export function faultyFields({ issues }: z.ZodError): string {
  const fields = issues.map(({ path }) => path.join('.') || 'all of it');
  return [...new Set(fields)].slice(0, MAX_FIELDS).join(', ');
}
