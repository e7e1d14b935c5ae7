/**
 * The version of everything that is stored or crosses a process, as this release writes it. Whoever changes a meaning raises
 * the number and says how the version before is read; where a comment says nothing else, what has no version is of version 1.
 */
export const VERSIONS = {
  /** Inputs and outputs of orchestrations and activities, and the state that they hand on (messageVersion.ts, `defaultVersion` in host.json). Older ones are begun again, newer ones ended. Up to version 3 a request had its target as `destination`, and the stamp of a plan was called `plan`; up to 4 it chose no experiments; up to 5 nothing was compared before all indexes were made. */
  message: 6,
  /** plan.json. Version 3 has a request of messages up to 3, and so has 2, which says nothing of `_id`s: they are the first ones then. Any other is refused: a run makes its own. */
  plan: 4,
  /** draft.json. Of another one nothing is taken over. */
  planDraft: 2,
  /** planned.json. Of another one nothing is taken over. */
  keptPlanning: 1,
  /** summary.json. */
  planSummary: 1,
  /** findings/*.json. Version 1 was the bare list. */
  findings: 2,
  /** state/differences/*.json. */
  differences: 1,
  /** deleted-digests/*.json. */
  deletedDigests: 1,
  /** state/repairs/*.json. */
  repairMark: 1,
  /** state/checksums/*.json. In version 1 no documents were named. Any other one is not gone by. */
  checksums: 2,
  /** vanished/*.json. Version 1 was the bare list. */
  vanished: 2,
  /** deleted/*.json. Version 1 was the bare table. */
  deleted: 2,
  /** extras/*.json, vanished-search/*.json. */
  extraSearch: 1,
  /** artifacts.json. */
  artifacts: 1,
  /** claim.json. */
  claim: 1,
  /** control.json. Version 1 had a word without a time; up to 2 there was no `cutover`. */
  operatorWord: 3,
  /** back.json. */
  backWritten: 1,
  /** heard.json. Version 1 had no `cutover`. */
  heardWord: 2,
  /** progress/*.json. */
  progress: 1,
  /** series.json. */
  progressSeries: 1,
  /** Which database a source is; stands in plans and in the record of ownership. */
  identity: 1,
  /**
   * The target's record of whose its collections are. What release 0.1.0 left has no version: nothing is claimed by it. Version 3
   * has a claim with a version of `_id`s, and is written only then: whoever knows the first one alone keeps away from it.
   */
  ownership: 3,
  /** What a proven run leaves beside the record of ownership. Raised too when the same row becomes another document; one of another version is void. */
  proof: 1,
  /** What the manifest of a report says. Raised when a field changes its meaning. */
  manifest: 1,
  /** The report that `--json` prints. Raised when a field changes its meaning. */
  report: 1,
} as const;
