import { z } from 'zod';
import { ArtifactMappings } from './artifactMap.ts';
import { sourceFields, targetFields } from './connectionFields.ts';
import { LAYOUT_NAMES } from './layoutName.ts';
import { MigrationSettings } from './migrationSettings.ts';

/** Seconds between two passes of a run that follows its source: one more than a day would be a run of its own. */
export const FOLLOW_LIMIT = 86_400;

/** Becomes an id of an orchestration, a folder of blobs and one on disk: no dot, no slash. */
export const migrationName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _');

/** Most characters of names: PostgreSQL cuts identifiers at 63 bytes, so that a longer one could mean no table; the others are MLflow's. */
export const LONGEST_NAME = { table: 63, experiment: 500, workspace: 255 } as const;

export const tableNames = z.array(z.string().min(1).max(LONGEST_NAME.table)).min(1).max(1000);

export const experimentNames = z.array(z.string().min(1).max(LONGEST_NAME.experiment)).min(1).max(1000);

/** Body of `POST /api/migrations` and `POST /api/analyses`. */
export const StartRequest = z.strictObject({
  defaults: z
    .literal(true)
    .optional()
    .describe('Says that every default is meant; a body that says nothing is refused'),
  name: migrationName.optional().describe('Name of the migration; the same name cannot run twice at once'),
  direction: z
    .literal('back')
    .optional()
    .describe(
      '"back" brings the documents of the destination back into PostgreSQL, the source; by default a run migrates',
    ),
  agreedPlan: z
    .string()
    .regex(/^[A-Za-z0-9_-]{22}$/, 'must be the plan of a dry run’s report')
    .optional()
    .describe(
      'With direction "back": write just what a dry run has found, by the plan in its report; default whatever is found',
    ),
  source: z.strictObject(sourceFields).optional().describe("Where MLflow's tables are, by name"),
  destination: z.strictObject(targetFields).optional().describe('Where the documents go, by name'),
  layout: z
    .enum(LAYOUT_NAMES)
    .optional()
    .describe('"tables" (the default): one collection per table; "mlflow": what mlflow-mongodb reads'),
  tables: tableNames.optional().describe('Only these tables; default all'),
  exclude: tableNames.optional().describe('All tables but these; default none'),
  workspace: z
    .string()
    .min(1)
    .max(LONGEST_NAME.workspace)
    .optional()
    .describe('Only this MLflow workspace; default all'),
  experiments: experimentNames
    .optional()
    .describe('Only these experiments, by name or id, and what hangs on them; default all'),
  artifacts: ArtifactMappings.optional().describe(
    'How locations of artifacts that begin with `from` begin in the target; by default all are carried as they are',
  ),
  dropTarget: z.boolean().optional().describe('Empty the collections that are written to first; default false'),
  allowExisting: z.boolean().optional().describe('Write beside other data in the target database; default false'),
  adoptTarget: z
    .boolean()
    .optional()
    .describe('The target was filled from a copy of this source with another identity: take it over; default false'),
  catchUp: z.boolean().optional().describe('Only bring a migrated target up to date; default false'),
  follow: z
    .int()
    .min(1)
    .max(FOLLOW_LIMIT)
    .optional()
    .describe(
      'Go on after the proof: so many seconds after each pass the next one brings over what changed, until the cut-over; by default the run ends with its proof',
    ),
  validateOnly: z.boolean().optional().describe('Compare source and target, and write nothing; default false'),
  migration_settings: MigrationSettings.optional().describe('How to migrate'),
});

export type StartRequest = z.infer<typeof StartRequest>;
