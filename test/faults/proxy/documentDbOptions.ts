/** What of the engine a proxy plays, beside what it always does. Times are in milliseconds. */
export interface DocumentDbOptions {
  readonly upstream: { readonly host: string; readonly port: number };
  /** Which `internal` the answer to hello has; the engine by itself sends it empty. */
  readonly build?: 'self-hosted' | 'azure' | 'azure-before';
  /** Bytes of documents that a reply to a find holds at most, 16 MB by default. What is left stands behind a cursor, which is gone by the time that it is read on. */
  readonly replyBytes?: number;
  /** Bytes that a document may have, 16 MiB by default; hello tells 16 MiB whatever it is. */
  readonly maxDocumentBytes?: number;
  /** How long the build of one index of a filled collection takes, 0 by default. */
  readonly buildMs?: number;
  /** After so long a command for a build is answered 50, and the build goes on; 120 s by default. */
  readonly commandMs?: number;
  /** Is a second build of a collection refused while the first goes on, as on some releases? */
  readonly refusesSecondBuild?: boolean;
}

/** A build of indexes, as it was asked for. */
export interface AskedBuild {
  readonly collection: string;
  readonly names: readonly string[];
  readonly unique: readonly string[];
  /** Was the collection empty, so that there was nothing to wait for? */
  readonly isInline: boolean;
}

/** What a proxy saw so far. */
export interface DocumentDbStats {
  readonly builds: readonly AskedBuild[];
  /** Commands that joined a build which was under way; those answered 50 and 40333 among them come again. */
  readonly joined: number;
  readonly timedOut: number;
  readonly secondBuilds: number;
  readonly lostCursors: number;
  /** Commands that a restart refused, and those that it let be applied and told nothing of. */
  readonly restartRefusals: number;
  readonly answersLost: number;
  /** Commands of which nothing was applied as one document was too large. */
  readonly wholeRefusals: number;
}
