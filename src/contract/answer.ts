import type { Problem } from '../errors.ts';
import type { Versioned } from './messageVersion.ts';

/** What every activity answers: a value, or its failure as data, so that no retry policy hammers on what stays. */
export type Answer<T> = Versioned &
  (
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly problem: Problem; readonly isTransient: boolean }
  );
