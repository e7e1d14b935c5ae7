import type { MigrationRequest } from '../migrationRequest.ts';
import type { TableFailure } from '../unit.ts';

/** Documents of a collection, and those of them that no row has. */
export interface VanishedCount {
  readonly documents: number;
  readonly vanished: number;
}

export interface FindVanishedInput {
  readonly id: string;
  readonly plan: string;
  readonly request: MigrationRequest;
  /** Token of the run's claim; null for a dry run, which only wants to know. */
  readonly writer: string | null;
  /** Position in the source's write-ahead log that a host must have got to; null where there is one host only. */
  readonly notBefore: string | null;
  /** Transaction of the source at the beginning of this pass: each row written before has its document by now. */
  readonly since: string;
  /** Tables with rows that have no document, as they could not be written. */
  readonly incomplete: readonly string[];
  /** May this pass be the last? Then nothing that vanished before it may be missed. */
  readonly isLast: boolean;
  /** Tables that failed for good. */
  readonly skip: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** Documents without a row, by table; tables that could not be looked through. */
export interface VanishedFound {
  readonly found: Readonly<Record<string, VanishedCount>>;
  readonly failures: readonly TableFailure[];
}

/** Documents that are to be deleted, of one collection; kept as a blob between looking and deleting. */
export interface VanishedKeys {
  /** Position of the collection in the plan. */
  readonly collection: number;
  readonly table: string;
  readonly keys: readonly string[];
}
