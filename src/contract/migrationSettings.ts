import { z } from 'zod';
import { UNIQUE_INDEXES } from './uniqueIndexes.ts';
import { VALIDATION_LEVELS, type ValidationLevel } from './validationLevel.ts';

/** Rows a batch that a request may ask for at most; the command refuses more by the same limit before it asks. */
export const BATCH_SIZE_LIMIT = 100_000;
/** Ranges at once that it may ask for. */
export const PARALLEL_LIMIT = 64;

/** Minutes without any progress after which a migration ends, where the request names no others. */
export const DEFAULT_STALL_MINUTES = 15;

/** RU/s as Cosmos DB takes them: steps of 100 from 400 on. */
const requestUnits = z.int().min(400).max(10_000_000).multipleOf(100);

/** Fields of documents as shard keys: of the document itself, not of what stands in it. */
const shardField = z.string().regex(/^[^.$\0]{1,100}$/, 'must be the name of a field of the document, without . and $');

function onlyTrue(why: string) {
  return z.literal(true, { error: () => `can only be true: ${why}` });
}

/** `migration_settings` of the original tool, and what this one adds. Shared by the start request and the config file. */
export const MigrationSettings = z.strictObject({
  batch_size: z
    .union([z.int().min(1).max(BATCH_SIZE_LIMIT), z.literal('auto')], {
      error: () => `must be a whole number from 1 to ${BATCH_SIZE_LIMIT}, or "auto"`,
    })
    .optional()
    .describe('Most rows in a batch; "auto" (the default) chooses by bytes'),
  dry_run: z.boolean().optional().describe('Analyse and estimate, write nothing to the target'),
  validate_data: z
    .boolean()
    .optional()
    .describe('The original tool\'s switch: false is validate "none"; validate wins over it'),
  validate: z
    .enum(VALIDATION_LEVELS)
    .optional()
    .describe('"full" (the default) compares every row with its document and repairs differences once'),
  parallel: z
    .int()
    .min(1)
    .max(PARALLEL_LIMIT)
    .optional()
    .describe('Most ranges copied at once; by default chosen by what the target takes'),
  unique_indexes: z
    .enum(UNIQUE_INDEXES)
    .optional()
    .describe(
      'Which indexes are unique that the source says are: "all"; "none"; "auto" (the default): all, but on DocumentDB none whose fields hold the key that the `_id` is made of',
    ),
  create_indexes: onlyTrue('indexes are always created')
    .optional()
    .describe('Accepted from configuration files of the original tool; indexes are always created'),
  preserve_timestamps: onlyTrue('values are never changed')
    .optional()
    .describe('Accepted from configuration files of the original tool; values are never changed'),
  throughput: z
    .strictObject({
      during: requestUnits.describe('RU/s while copying'),
      after: requestUnits.optional().describe('RU/s afterwards; by default what was there before'),
    })
    .optional()
    .describe('Raises the throughput of a Cosmos DB (RU) target for as long as the migration runs'),
  allow_throughput: z
    .union([z.int().min(0).max(Number.MAX_SAFE_INTEGER), z.literal('all')], {
      error: () => 'must be a whole number, 0 or more, or "all"',
    })
    .optional()
    .describe(
      'Most RU/s in all for collections that are made in a Cosmos DB (RU) database without shared throughput, or `all`; without it the migration ends before it makes any',
    ),
  shard_keys: z
    .record(z.string().min(1).max(255), shardField)
    .optional()
    .describe('Shard key of collections, by collection: `{"metrics": "run_uuid"}`; default none'),
  allow_deletes: z
    .union([z.int().min(0).max(Number.MAX_SAFE_INTEGER), z.literal('all')], {
      error: () => 'must be a whole number, 0 or more, or "all"',
    })
    .optional()
    .describe(
      'Most documents that may be deleted because their rows are gone from the source; by default 1,000, or a tenth of a collection where that is more',
    ),
  stall_minutes: z
    .number()
    .min(0.05)
    .max(1440)
    .optional()
    .describe(
      `Minutes without any progress after which the migration ends as failed, resumable; default ${DEFAULT_STALL_MINUTES}`,
    ),
});

export type MigrationSettings = z.infer<typeof MigrationSettings>;

/** The validation that the settings ask for, full by default. */
export function validationOf(settings: MigrationSettings): ValidationLevel {
  return settings.validate ?? (settings.validate_data === false ? 'none' : 'full');
}
