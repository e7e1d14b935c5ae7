import type { z } from 'zod';

/** What a schema lets through, of which nothing may be changed. */
export type Shape<S extends z.ZodType> = DeepReadonly<z.infer<S>>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
