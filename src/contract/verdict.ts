import type { CheckName } from './facts.ts';

/**
 * `completed-with-errors`: it came to its end, and something is not as it should be; the exit code and `details` say
 * what.
 */
export type RunStatus = 'completed' | 'completed-with-errors' | 'failed' | 'cancelled';

/** `ok`: done over all, nothing found; `failed`: found something; `incomplete`: begun, not done over all; `skipped`: not asked for or not begun. */
export type CheckResult = 'ok' | 'failed' | 'skipped' | 'incomplete';

/** One check in words: the result, and what must be said beside it. */
export interface CheckVerdict {
  readonly result: CheckResult;
  /** Such as `1,234 values without a parent, as in the source`; null where the result says all. */
  readonly note: string | null;
}

/** A figure with its name above and a remark below. */
export interface CardVerdict {
  readonly name: string;
  readonly figure: string;
  readonly beside: string;
  readonly bad: boolean;
}

/**
 * All that is claimed of a run: renderers, the command and status answers print it and conclude nothing themselves. Made by
 * `report/judge.ts` alone, from {@link import('./facts.ts').Facts}. Texts may hold names from the databases: whoever
 * prints them escapes them.
 */
export interface Verdict {
  readonly status: RunStatus;
  readonly exitCode: number;
  /** True for `completed` alone: decides mark and colour. */
  readonly good: boolean;
  /** Title of the text report. */
  readonly title: string;
  /** What kind of run it was, as the first word of headings: `Migration`, `Comparison`, `Dry run`. */
  readonly subject: string;
  /** How it ended, in sentence case and without a full stop: the text report prints it in capitals. */
  readonly headline: string;
  /** Sentences, in the order in which they are printed. */
  readonly details: readonly string[];
  /** Instant up to which the target equals the source (ISO 8601); null where that is not proven. */
  readonly equalUpTo: string | null;
  /** What may be said of the instant that the comparison speaks of: equality, a standby, transactions under way. */
  readonly instantLines: readonly string[];
  /** False where nothing may be said of checks: a dry run, or a run that did not come to its end. */
  readonly speaksOfChecks: boolean;
  readonly checks: Readonly<Record<CheckName, CheckVerdict>>;
  /** What was compared with what, as one sentence. */
  readonly checksMeaning: string;
  readonly cards: {
    readonly migrated: CardVerdict;
    readonly errors: CardVerdict;
    /** Null where nothing may be said of checks. */
    readonly validation: CardVerdict | null;
  };
  /** Headings of the figures of a table, and what the filled share of its bar stands for. */
  readonly columns: { readonly migrated: string; readonly errors: string; readonly share: string };
  /** Whether the figures of a table may differ without a fault, as its rows came and went meanwhile: not at all, by more documents, either way. */
  readonly leeway: 'none' | 'more' | 'any';
  /** Words for the mark of a table. */
  readonly marks: { readonly good: string; readonly bad: string };
  /** Records that the rate of copying may be taken over; null where that number is not known. */
  readonly copiedRecords: number | null;
}
