import type { Problem } from '../errors.ts';
import type { JudgedKind } from './runKind.ts';
import type { TableChoice } from './tableChoice.ts';
import type { ValidationLevel } from './validationLevel.ts';

/** How a run came to its end: through all its steps, by the operator's word, or by a problem. */
export type RunEnding = 'whole' | 'cancelled' | 'failed';

/** The checks of a run. `schema`: the source's tables are those that were planned for, and stand in the same files. */
export const CHECKS = ['counts', 'types', 'indexes', 'references', 'content', 'schema'] as const;
/** A new one needs its fact (src/steps/report/gatherFacts.ts), and its sentence (src/report/verdict/judgeChecks.ts). */
export type CheckName = (typeof CHECKS)[number];

/** What a finding is about: a check, or the copy. */
export const FINDING_CHECKS = [...CHECKS, 'copy'] as const;

/** What one check came to, and over what. */
export interface CheckFact {
  /** `held`: it was done over all that it covers and found nothing; `broken`: it found something; `incomplete`: it was not done over all; `not-run`: it was not begun or not asked for. */
  readonly result: 'held' | 'broken' | 'incomplete' | 'not-run';
  /** When it ended (ISO 8601); null where it did not. */
  readonly at: string | null;
  /** Tables that it should have covered and did not. */
  readonly uncovered: readonly string[];
}

/**
 * How it is known what stands in the target. `compared`: rows were seen equal; `acknowledged`: the target took them,
 * and nobody looked again; `counted-in-target`: counted there; `nothing-written`: the run had not begun to write, or
 * was not to; `not-counted`: some may have been written, and nobody could count them.
 */
export type MigratedBy = 'compared' | 'acknowledged' | 'counted-in-target' | 'nothing-written' | 'not-counted';

/** The instant of the source that a comparison speaks of. */
export interface SourceInstant {
  /** ISO 8601: the primary's clock; on a standby the commit time that was replayed last. */
  readonly at: string;
  readonly from: 'primary' | 'standby';
  /** Transactions that had begun to write and were not over at that instant, by their ids; what they write is not spoken of. */
  readonly openTransactions: readonly string[];
  /** Prepared transactions at that instant, by their names. */
  readonly preparedTransactions: readonly string[];
  /** Of a cut-over: since when no row had changed (ISO 8601), while no session held a lock to write at the instant. Absent where that was not asked for. */
  readonly quietSince?: string;
  /** The same: until when no transaction had ended after the instant (ISO 8601), as was seen after the checks. Absent where one had, perhaps in another database of the server. */
  readonly quietUntil?: string;
}

/** When documents were compared with their rows: each at some moment of it. What others change in the target after that moment is not seen, also where the comparison went on, or a killed run rested, between both ends. */
export interface ComparedSpan {
  /** ISO 8601, by the program's clock: not after the first document was compared. */
  readonly from: string;
  /** Not before the last one was. */
  readonly to: string;
  /** When an earlier run compared all rows, where this one compared only those that changed since; absent where it compared all. */
  readonly earlier?: { readonly from: string; readonly to: string };
  /** Documents that were compared by checksums of what their rows had made before, as the source stood still since; absent where there were none. */
  readonly byChecksum?: number;
}

/** Documents that were deleted because their row is gone, of one table. */
export interface DeletedDocuments {
  readonly count: number;
  /** Keys of the first fifty. */
  readonly keys: readonly string[];
}

/**
 * All that the end of a run is judged by: what was done and seen, with where it comes from. Everything that a report, a
 * status, a page or an exit code claims is derived from these by `report/judge.ts` alone.
 */
export interface Facts {
  readonly kind: JudgedKind;
  readonly ending: RunEnding;
  readonly validate: ValidationLevel;
  /** The tables, the workspace and the experiments (names or ids) that alone were asked for. */
  readonly only: TableChoice & {
    readonly workspace: string | null;
    readonly experiments?: readonly string[] | null;
    /** Do locations of artifacts stand in the target as a map has them? Absent means no. */
    readonly isMapped?: boolean;
  };
  /** The operator's word that asked for the end, null or absent where none did: when it was given (ISO 8601), and by whom where the app knows its callers. */
  readonly cancelled?: { readonly at: string | null; readonly by: string | null } | null;
  /** What ended the run, where it failed or was ended from outside. */
  readonly problems: readonly Problem[];
  readonly checks: Readonly<Record<CheckName, CheckFact>>;
  readonly rows: {
    /** Rows of the source, counted there. */
    readonly total: number;
    /** Rows whose document was seen equal, or, where nothing was compared, acknowledged by the target or counted in it. */
    readonly migrated: number;
    /** Rows that the copy wrote, without those that stood in the target before and what was brought over later; absent means `migrated`. */
    readonly copied?: number;
    /** Rows that could not be carried, or are still different. */
    readonly errors: number;
    /** How `migrated` was found. `nothing-written` is known, not concluded from what nobody knows: that is `not-counted`, where the figures are those that the work stored last, if any. */
    readonly migratedBy: MigratedBy;
    /** Tables whose rows could not be counted in the target, as they share documents with others, and how many of their rows are not in `migrated`; absent or empty where all were counted or another way was gone. */
    readonly uncounted?: { readonly tables: readonly string[]; readonly rows: number };
  };
  /** Findings of severity `error`, listed or not. */
  readonly errorFindings: number;
  /** Those of them that are rows or values which could not be carried (check `copy`), rather than differences. */
  readonly carryFindings: number;
  /** Those of them that say of a document which equals its row as far as it goes that values of the row were left out of it; absent means none, null that it is not known how many. */
  readonly lossFindings?: number | null;
  /** Those of them that say what could not be looked at, as something was refused or failed: nothing is known to differ there. */
  readonly failureFindings: number;
  /** May the run have made collections and indexes, or emptied some? False where it came to no step that writes. */
  readonly mayHaveWritten: boolean;
  /** Values without a parent that the source has as well. */
  readonly orphansAsInSource: number;
  /** References of carried tables that no check looks at, as `params → runs`: the other table is not among those of the run, or MongoDB cannot name the field. The findings say which. */
  readonly unseenReferences: readonly string[];
  /** What the schema check has found. `changed`: tables that are not, or do not hold, what was planned for. `leftover`: filled collections of an earlier run for which the source has no table now. */
  readonly schema: { readonly changed: readonly string[]; readonly leftover: readonly string[] };
  /** Null where the source's clock was not read. */
  readonly instant: SourceInstant | null;
  /** Null where no contents were compared. */
  readonly compared: ComparedSpan | null;
  /**
   * Of a run that followed its source and did not come to its end: its proof of before, with the instant of the source that this spoke
   * of (ISO 8601), and the rows and deletions that passes have brought over since. Null or absent where there was none.
   */
  readonly provenBefore?: { readonly at: string; readonly brought: number } | null;
  /** Documents deleted by this run, by table. */
  readonly deleted: Readonly<Record<string, DeletedDocuments>>;
  /** Collections that hold other data: nothing is deleted from them, and surplus documents are not judged. */
  readonly sharedCollections: readonly string[];
}
