import { z } from 'zod';
import { ACCOUNT_FLAVOURS } from './flavour.ts';
import { LAYOUT_NAMES } from './layoutName.ts';
import type { Shape } from './shape.ts';
import { UNIQUE_INDEXES } from './uniqueIndexes.ts';
import { VALIDATION_LEVELS } from './validationLevel.ts';

/** A source by name. JSON-safe and without secrets, so it may stand in orchestration history. */
const SourceRef = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('secret'), secret: z.string(), schema: z.nullable(z.string()) }),
  z.object({
    kind: z.literal('postgres-identity'),
    server: z.string(),
    port: z.number(),
    database: z.string(),
    user: z.string(),
    clientId: z.nullable(z.string()),
    schema: z.nullable(z.string()),
  }),
]);
export type SourceRef = Shape<typeof SourceRef>;

/** Does an account with request units take documents of 16 MB? Nothing that it answers says so. */
const LargeDocuments = z.exactOptional(z.literal(true));

/** A target by name. JSON-safe and without secrets, so it may stand in orchestration history. */
const TargetRef = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('secret'),
    secret: z.string(),
    database: z.nullable(z.string()),
    largeDocuments: LargeDocuments,
  }),
  z.object({
    kind: z.literal('cosmos-identity'),
    account: z.string(),
    flavour: z.enum(ACCOUNT_FLAVOURS),
    database: z.string(),
    resourceGroup: z.nullable(z.string()),
    subscription: z.nullable(z.string()),
    clientId: z.nullable(z.string()),
    largeDocuments: LargeDocuments,
  }),
]);
export type TargetRef = Shape<typeof TargetRef>;

/** Either end. The resolver takes any and refuses one that is of the wrong end as `internal`. */
export type ConnectionRef = SourceRef | TargetRef;

const Fields = z.object({
  name: z.nullable(z.string()),
  /** From PostgreSQL to the target, or back. */
  direction: z.enum(['forth', 'back']).default('forth'),
  /** Digest of what a way back is to write, as it was agreed to; null for whatever it finds. */
  agreedPlan: z.nullable(z.string()).default(null),
  source: SourceRef,
  target: TargetRef,
  layout: z.enum(LAYOUT_NAMES),
  tables: z.nullable(z.array(z.string())),
  /** Tables that are left out of these. */
  exclude: z.array(z.string()).default([]),
  workspace: z.nullable(z.string()),
  /** Names or ids of the experiments that are carried, with what hangs on them; null for all. */
  experiments: z.nullable(z.array(z.string())).default(null),
  /** The map of artifact locations, in its one order; empty: all are carried as they are. */
  artifacts: z.array(z.object({ from: z.string(), to: z.string() })).default([]),
  batchSize: z.union([z.number(), z.literal('auto')]),
  validate: z.enum(VALIDATION_LEVELS),
  /** Most ranges copied at once; null leaves it to the orchestration. */
  parallel: z.nullable(z.number()),
  dryRun: z.boolean(),
  dropTarget: z.boolean(),
  allowExisting: z.boolean(),
  /** Another source filled the target, and the operator says that it held the same data. */
  adoptTarget: z.boolean().default(false),
  catchUp: z.boolean(),
  /** Seconds between two passes over what changed, once everything is proven and until the cut-over; null: the run ends with its proof. */
  follow: z.nullable(z.number()).default(null),
  /** Compare only: nothing is copied and nothing repaired. */
  validateOnly: z.boolean(),
  /** RU/s during and after the copy; `after` null restores what was there before. */
  throughput: z.nullable(z.object({ during: z.number(), after: z.nullable(z.number()) })),
  /** RU/s that the collections may come to which are made with their own; null: none. */
  allowThroughput: z.nullable(z.union([z.number(), z.literal('all')])).default(null),
  /** Which unique indexes of the layout the target gets. */
  uniqueIndexes: z.enum(UNIQUE_INDEXES).default('auto'),
  /** Field by which a collection is sharded, by collection. */
  shardKeys: z.record(z.string(), z.string()),
  stallMinutes: z.number(),
  /** Documents of vanished rows that may be deleted; null: what {@link file://../plan/deleteRefusal.ts} allows by itself. */
  allowDeletes: z.nullable(z.union([z.number(), z.literal('all')])).default(null),
});
/**
 * A start request with every default filled in: what the orchestration takes. JSON-safe, no secrets. Defaults stand here only
 * for what came later than the first release: a request of before asked for nothing of the kind.
 */
export const MigrationRequest = z.preprocess(readDestination, Fields);
export type MigrationRequest = Shape<typeof MigrationRequest>;

/** Messages up to version 3 call the target `destination`, as the config file and the body of a start request do. */
function readDestination(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || !('destination' in message)) return message;
  const { destination: target, ...others } = message;
  return { target, ...others };
}
