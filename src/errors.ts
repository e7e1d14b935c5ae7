/**
 * Every failure that a user can meet, by kind. The kind alone decides whether a fresh attempt may cure it,
 * the command's exit code and the HTTP status; the hint says what to do next.
 */
export const ERROR_KINDS = [
  'usage',
  'config',
  'not-found',
  'conflict',
  'source-unreachable',
  'source-refused',
  'source-unsupported',
  'target-unreachable',
  'target-refused',
  'target-not-empty',
  'target-in-use',
  'deletes-need-consent',
  'throughput-needs-consent',
  'target-throttled',
  'storage-unavailable',
  'unsupported-value',
  'verify-mismatch',
  'interrupted',
  'internal',
] as const;

/** Shown to users and stored in reports: a name stays for good. */
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** What follows from a kind: may a fresh attempt cure it, the exit code of the command, the HTTP status, a default hint. */
export interface ErrorPolicy {
  readonly transient: boolean;
  readonly exitCode: number;
  readonly httpStatus: number;
  readonly hint: string;
}

/** The one table of what follows from a failure; whoever meets a kind looks here. */
export const ERROR_POLICY: Readonly<Record<ErrorKind, ErrorPolicy>> = {
  usage: { transient: false, exitCode: 2, httpStatus: 400, hint: 'See mlflow-migrate --help' },
  config: { transient: false, exitCode: 2, httpStatus: 400, hint: 'Correct the named setting and start again' },
  'not-found': { transient: false, exitCode: 2, httpStatus: 404, hint: 'List what there is with GET /api/migrations' },
  conflict: {
    transient: false,
    exitCode: 2,
    httpStatus: 409,
    hint: 'Wait for it, resume it, cancel it, or choose another name',
  },
  'source-unreachable': {
    transient: true,
    exitCode: 4,
    httpStatus: 502,
    hint: 'Check host, port, firewall and that PostgreSQL is running',
  },
  'source-refused': {
    transient: false,
    exitCode: 4,
    httpStatus: 502,
    hint: 'Check user, password, database name and grants on the source',
  },
  'source-unsupported': {
    transient: false,
    exitCode: 1,
    httpStatus: 422,
    hint: 'The source must be an MLflow database on PostgreSQL 11 or newer',
  },
  'target-unreachable': {
    transient: true,
    exitCode: 4,
    httpStatus: 502,
    hint: 'Check host, port, firewall, TLS and that the target is running',
  },
  'target-refused': {
    transient: false,
    exitCode: 4,
    httpStatus: 502,
    hint: 'Check user, password and roles on the target',
  },
  'target-not-empty': {
    transient: false,
    exitCode: 1,
    httpStatus: 409,
    hint: 'Choose an empty database, or pass --drop-target to empty the collections, or --yes to write beside what is there',
  },
  'target-in-use': {
    transient: false,
    exitCode: 1,
    httpStatus: 409,
    hint: 'Wait for that migration to end, or end it: mlflow-migrate cancel --name NAME',
  },
  'deletes-need-consent': {
    transient: false,
    exitCode: 1,
    httpStatus: 409,
    hint: 'Look at the rows that vanished from the source; then pass --allow-deletes with a number, or all',
  },
  'throughput-needs-consent': {
    transient: false,
    exitCode: 1,
    httpStatus: 409,
    hint: 'Make the database with shared throughput first; or allow what the collections add up to with migration_settings.allow_throughput, or --yes',
  },
  'target-throttled': {
    transient: true,
    exitCode: 4,
    httpStatus: 503,
    hint: 'Raise the throughput of the target, then go on with --resume',
  },
  'storage-unavailable': {
    transient: true,
    exitCode: 1,
    httpStatus: 503,
    hint: 'Check AzureWebJobsStorage and that the storage account is reachable',
  },
  'unsupported-value': {
    transient: false,
    exitCode: 1,
    httpStatus: 422,
    hint: 'The named rows did not arrive: the report lists each with table, key and reason',
  },
  'verify-mismatch': {
    transient: false,
    exitCode: 3,
    httpStatus: 422,
    hint: 'The report lists each difference with table, key and field',
  },
  interrupted: { transient: false, exitCode: 130, httpStatus: 503, hint: 'Go on with --resume' },
  internal: {
    transient: true,
    exitCode: 1,
    httpStatus: 500,
    hint: 'This is a bug in the program: run again with --verbose and keep the log',
  },
};

/** The one error class of this program. `message` and `hint` are safe to show: they hold no secret and no row value. */
export class MigrationError extends Error {
  /** Explicit, because bundlers that minify rename classes. */
  override readonly name = 'MigrationError';
  readonly kind: ErrorKind;
  readonly hint: string;

  constructor(kind: ErrorKind, message: string, init: { hint?: string; cause?: unknown } = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.kind = kind;
    this.hint = init.hint ?? ERROR_POLICY[kind].hint;
  }
}

/** A caught thing as an Error, for keeping and throwing later. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(`Thrown: ${typeof error}`);
}

/** May a fresh attempt not cure it? What is no MigrationError is unknown, and worth another attempt. */
export function isPermanent(error: unknown): boolean {
  return error instanceof MigrationError && !ERROR_POLICY[error.kind].transient;
}

/** Did one of the ends refuse the login or a right? Whoever keeps secrets in memory may have an old one. */
export function isLoginRefused(error: unknown): boolean {
  return error instanceof MigrationError && (error.kind === 'source-refused' || error.kind === 'target-refused');
}

/** A failure as data, as it travels through activity results, status answers and reports. */
export interface Problem {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint: string;
}

/** Any thrown thing as a {@link Problem}. What is not a MigrationError is a fault of the program: only its class and code are told, as driver texts may quote values. */
export function toProblem(error: unknown): Problem {
  if (error instanceof MigrationError) return { kind: error.kind, message: error.message, hint: error.hint };
  const code = (error as { code?: unknown } | null)?.code;
  const name = error instanceof Error ? error.name : typeof error;
  return {
    kind: 'internal',
    message: `Unexpected ${name}${code === undefined ? '' : ` (${String(code)})`}`,
    hint: ERROR_POLICY.internal.hint,
  };
}
