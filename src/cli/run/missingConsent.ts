import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import type { StartRequest } from '../../contract/startRequest.ts';
import type { ErrorKind } from '../../errors.ts';

/** What the app did not do by itself, and how it is told to. */
export interface Consent {
  readonly kind: ErrorKind;
  readonly question: string;
  /** Shown where the answer is no. */
  readonly declined: string;
  readonly isAnsweredByYes: boolean;
  readonly change: (body: StartRequest) => StartRequest;
}

const CONSENTS: readonly Consent[] = [
  {
    kind: 'target-not-empty',
    question: 'Write beside what is there?',
    declined: 'Nothing was done: the target holds other data',
    isAnsweredByYes: true,
    change: (body) => ({ ...body, allowExisting: true }),
  },
  {
    kind: 'throughput-needs-consent',
    question: 'Make them with that throughput?',
    declined: 'Nothing was done: each collection would be paid for separately',
    isAnsweredByYes: true,
    change: (body) => ({ ...body, migration_settings: { ...body.migration_settings, allow_throughput: 'all' } }),
  },
  {
    kind: 'deletes-need-consent',
    question: 'Delete all of them?',
    declined: 'Nothing was deleted: documents of vanished rows stay, as does what was copied',
    isAnsweredByYes: false,
    change: (body) => ({ ...body, migration_settings: { ...body.migration_settings, allow_deletes: 'all' } }),
  },
];

/** The consent that a run ended for want of; null where it ended in any other way. */
export function missingConsent({ status, failures }: MigrationStatus): Consent | null {
  if (status !== 'failed' || failures.length === 0) return null;
  return CONSENTS.find((consent) => failures.every(({ kind }) => kind === consent.kind)) ?? null;
}
