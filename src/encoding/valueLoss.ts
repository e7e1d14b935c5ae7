import { formatCount } from '../formatCount.ts';

/**
 * A value that a layout's document cannot hold as it is in the source, and what stands there instead. Holds no values.
 * `error`: the reader gets something else than it got of the source. `note`: it gets the same, or could not read it there.
 */
export interface ValueLoss {
  readonly severity: 'error' | 'note';
  /** Path of the field in the document. */
  readonly field: string;
  readonly message: string;
}

/** A text that the document goes without, as it would be too large with it. `bytes` are the text's. */
export function leftOut(field: string, bytes: number): ValueLoss {
  const message = `its ${formatCount(bytes)} bytes are left out, as the document would be larger with them than the target takes`;
  return { severity: 'error', field, message };
}
