import type { Document } from 'mongodb';

/** One refused operation of a write command. */
export interface WriteRefusal {
  /** Position in the documents that were sent. */
  readonly index: number;
  readonly code: number;
  readonly message: string;
}

/** The refusals in an answer to a write command, where there may be a list, one by itself, or none. */
export function writeRefusals({ writeErrors }: Document): WriteRefusal[] {
  const errors = ([] as Document[]).concat((writeErrors as Document | Document[] | undefined) ?? []);
  return errors.map((error) => ({
    index: Number(error['index']),
    code: Number(error['code']),
    message: String(error['errmsg'] ?? ''),
  }));
}
