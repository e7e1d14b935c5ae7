import { z } from 'zod';
import type { ArtifactMapping } from './artifactMap.ts';
import type { ChosenExperiments } from './chosenExperiments.ts';
import { FLAVOURS, type Flavour } from './flavour.ts';
import type { LayoutName } from './layoutName.ts';
import { MigrationRequest } from './migrationRequest.ts';
import type { Shape } from './shape.ts';
import type { SourceIdentity } from './sourceIdentity.ts';
import type { SourceSchema } from './sourceSchema.ts';
import type { StoredRecord } from './storedRecord.ts';
import type { TableChoice } from './tableChoice.ts';
import type { KeptUnique } from './uniqueIndexes.ts';
import { VERSIONS } from './versions.ts';

/** Version of the plan's shape; an activity refuses a plan of a version that it does not know. */
export const PLAN_VERSION = VERSIONS.plan;
/** Those of before by which this release can work too. */
const EARLIER_PLANS = [2, 3] as const;

/**
 * A plan as this release would have written it, null where it cannot work by it. Its content is not looked through but for the
 * request: it is megabytes, and nobody else writes it.
 */
export function knownPlan(plan: Plan): Plan | null {
  if (plan.version === PLAN_VERSION) return plan;
  if (!EARLIER_PLANS.includes(plan.version)) return null;
  return plan.request === undefined ? plan : { ...plan, request: MigrationRequest.parse(plan.request) };
}

/** A range of one collection's rows in the order of reading: `lower` inclusive, `upper` exclusive, null for no bound. Values are PostgreSQL texts of the cut columns. */
export interface KeyRange {
  readonly lower: readonly string[] | null;
  readonly upper: readonly string[] | null;
}

/** One collection of the layout and the ranges that its main table is read by. Units name it by its position. */
export interface CollectionPlan {
  readonly collection: string;
  readonly table: string;
  /** Rows of the table when the plan was made. */
  readonly rows: number;
  /** Bytes of the table and the children that stand in its documents. */
  readonly bytes: number;
  readonly ranges: readonly KeyRange[];
}

/** A piece of work for one activity: ranges as [collection, range] positions. */
export interface WorkUnit {
  readonly ranges: readonly (readonly [collection: number, range: number])[];
}

/** Everything that activities need to do their part; kept as a blob, the orchestration passes its id only. Holds no secret. */
export interface Plan {
  readonly version: (typeof EARLIER_PLANS)[number] | typeof PLAN_VERSION;
  readonly id: string;
  /** `host:port/database` of both ends: for people, decide nothing. */
  readonly source: string;
  readonly target: string;
  /** What the source says of itself: every transaction makes sure that it is on this one. */
  readonly identity: SourceIdentity;
  /** What the source's tables were when the plan was made, by table (source/fingerprint.ts). */
  readonly fingerprint: Readonly<Record<string, string>>;
  /** The source's timeline when the plan was made; null where it does not say, absent in plans of earlier releases. */
  readonly timeline?: string | null;
  /** Id that the target's record of ownership had, null where nothing was claimed yet. A comparison makes sure that it is on this one. */
  readonly targetId: string | null;
  /** Collections that held other data when they were claimed, by the record that was found when the plan was made. */
  readonly shared: readonly string[];
  readonly flavour: Flavour;
  readonly postgresVersion: string;
  readonly targetVersion: string;
  readonly schema: SourceSchema;
  readonly layout: LayoutOptions;
  /** What was asked for, so that no message need carry it. Absent in plans of earlier releases. */
  readonly request?: MigrationRequest;
  readonly collections: readonly CollectionPlan[];
  readonly units: readonly WorkUnit[];
  /** Tables that may not be read any more, with the rows that an earlier plan of the run counted. */
  readonly unreadable: Readonly<Record<string, number>>;
  /** Rows by table, also of tables that stand inside other tables' documents. */
  readonly tableRows: Readonly<Record<string, number>>;
  /** Of the rows that are carried, as far as that can be told. */
  readonly tableBytes: Readonly<Record<string, number>>;
  /** Rows of tables of which those of some experiments are carried: all that are there. Absent where no experiments were chosen. */
  readonly rowsThere?: Readonly<Record<string, number>>;
  /** RU/s that the target has, null where it has none or does not say. */
  readonly requestUnitsPerSecond: number | null;
  /** Who pays for the collections, on request units; absent in plans of earlier versions. */
  readonly offer?: DatabaseOffer | null;
  readonly createdAt: string;
}

/** Rows of all tables of a plan. */
export function totalRowsOf({ tableRows }: Pick<Plan, 'tableRows'>): number {
  return Object.values(tableRows).reduce((sum, rows) => sum + rows, 0);
}

/** What decides which documents rows become; with the schema every activity builds the same layout of it. */
export interface LayoutOptions extends TableChoice {
  readonly layout: LayoutName;
  readonly workspace: string | null;
  /** Absent for all. */
  readonly experiments?: ChosenExperiments;
  /** Fields by which collections are to be sharded, by collection. */
  readonly shardKeys?: Readonly<Record<string, string>>;
  /** Which of the layout's unique indexes are made as such; absent is all, as in plans of earlier releases. */
  readonly uniqueIndexes?: KeptUnique;
  /** How locations of artifacts begin in the target that begin otherwise in the source; absent where all are carried as they are. */
  readonly artifacts?: readonly ArtifactMapping[];
  /** Version of the `_id`s of metric points, which a target keeps that was filled with them; absent in plans of earlier releases, which know version 1 only. */
  readonly pointIds?: 1 | 2;
}

/** Who pays for the collections of a database with request units, as far as the account says, and how many there will be. */
export interface DatabaseOffer {
  /**
   * `shared`: all collections share the database's throughput; `own`: each has its own; `serverless`: there is nothing to
   * set; `unknown`: the account does not let it be read.
   */
  readonly kind: 'shared' | 'own' | 'serverless' | 'unknown';
  /** What is shared; for autoscale the most. */
  readonly shared: { readonly value: number; readonly isAutoscale: boolean } | null;
  /** Collections of the database once the migration has made its own, and those of them that it has to make. */
  readonly collections: number;
  readonly added: number;
}

/** What a status answer needs of the plan: small, and read on each of them. */
export const PlanSummary = z.object({
  source: z.string(),
  target: z.string(),
  tableRows: z.record(z.string(), z.number()),
  /** Does validation read rows again? */
  isValidated: z.boolean(),
  /** Percentage that the run had reached when this plan was made; absent in summaries of earlier releases. */
  reached: z.exactOptional(z.number()),
  /** What answers at both ends, and RU/s that the target has; absent in summaries of earlier releases. */
  postgresVersion: z.exactOptional(z.string()),
  targetVersion: z.exactOptional(z.string()),
  flavour: z.exactOptional(z.enum(FLAVOURS)),
  requestUnitsPerSecond: z.exactOptional(z.nullable(z.number())),
  /** What each phase takes of the time, in a unit of no matter, and how many collections get indexes; absent in summaries of earlier releases. */
  phases: z.exactOptional(
    z.object({ copy: z.number(), indexes: z.number(), validate: z.number(), indexedCollections: z.number() }),
  ),
});
export type PlanSummary = Shape<typeof PlanSummary>;

/** summary.json beside the plan, which may be megabytes: src/steps/planning/beginProgress.ts writes it, the status reads it. */
export const PLAN_SUMMARY: StoredRecord<PlanSummary> = {
  name: 'The summary of the plan',
  version: VERSIONS.planSummary,
  schema: PlanSummary,
};
