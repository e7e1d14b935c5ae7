import { LAYOUT_TRAITS } from '../../contract/layoutName.ts';
import type { Finding } from '../../contract/migrationReport.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { SourcePosition } from '../../contract/ownership.ts';
import { writeNames } from '../../contract/parseNames.ts';
import type { SourceIdentity } from '../../contract/sourceIdentity.ts';
import type { SourceSchema } from '../../contract/sourceSchema.ts';
import { isChosen } from '../../contract/tableChoice.ts';
import { MigrationError, toProblem } from '../../errors.ts';
import { buildLayout } from '../../mlflow/layouts/buildLayout.ts';
import type { LayoutDefinition } from '../../mlflow/layouts/layout.ts';
import { shellOption } from '../../quoteShell.ts';
import { quoteIdentifier } from '../../quoteSql.ts';
import { type RetryPolicy, retry } from '../../retry.ts';
import type { Services } from '../../runtime/services.ts';
import { type ChangedCollation, findChangedCollations } from '../../source/findChangedCollations.ts';
import { type Introspection, introspect } from '../../source/introspect.ts';
import { readIdentity } from '../../source/readIdentity.ts';
import { readPosition } from '../../source/readPosition.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';
import type { Newest } from '../../target/laterWrites.ts';
import { chooseExperiments } from '../shared/chooseExperiments.ts';
import { layoutOptions } from '../shared/layoutOptions.ts';
import { readNewest } from '../shared/readNewest.ts';
import { add, type Found, nothing, PATIENCE_MS, TRY_AGAIN_MS } from './found.ts';

/** Questions to the source are asked again where a connection was lost. */
const AFTER_LOST_SOURCE: RetryPolicy = {
  maxMs: PATIENCE_MS,
  waitMs: (error) => (error instanceof MigrationError && error.kind === 'source-unreachable' ? TRY_AGAIN_MS : null),
};

/** Said where the source may not be asked for its system identifier. */
const WITHOUT_IDENTIFIER: Finding = {
  severity: 'note',
  check: 'schema',
  table: 'the source',
  message:
    'The role may not call pg_control_system(): the source is identified by numbers from its catalog, which is less certain. GRANT EXECUTE ON FUNCTION pg_control_system() TO it for the system identifier',
};

/** An order that has changed under the indexes may make reading by them miss rows: which ones is told at the end, where rows are missing. */
function collationNote(changed: ChangedCollation): Finding {
  return {
    severity: 'note',
    check: 'schema',
    table: 'the source',
    message: `${changed.name} has the version ${changed.actual}, and ${changed.recorded} when indexes were made by it (${changed.tables.join(', ')}): where rows cannot be found, REINDEX these tables, then ${changed.refresh}`,
  };
}

/** Throws `source-refused` where a table that is read may not be, or not all of it. */
function assertReadable(introspection: Introspection, request: MigrationRequest, display: string): void {
  const isRead = (table: string) =>
    isChosen(
      LAYOUT_TRAITS[request.layout].sharesCollections ? { tables: null, exclude: request.exclude } : request,
      table,
    );
  const named = (tables: readonly string[]) => `${tables.length === 1 ? 'table' : 'tables'} ${tables.join(', ')}`;
  const unreadable = introspection.unreadable.filter(isRead);
  if (unreadable.length > 0) {
    const grant = `GRANT SELECT ON ALL TABLES IN SCHEMA ${quoteIdentifier(introspection.schema.schema)} TO the user of the source URI`;
    const without = `; or leave ${unreadable.length === 1 ? 'it' : 'them'} out with ${shellOption('exclude', writeNames(unreadable))}`;
    // Without the tables that tell an MLflow database there is nothing left that would be worth a migration.
    const isRest = !unreadable.some((table) => table === 'experiments' || table === 'runs');
    throw new MigrationError('source-refused', `The user may not SELECT from ${named(unreadable)} of ${display}`, {
      hint: `${grant}${isRest ? without : ''}`,
    });
  }
  const secured = introspection.secured.filter(isRead);
  if (secured.length === 0) return;
  throw new MigrationError(
    'source-refused',
    `Row-level security hides rows of ${named(secured)} of ${display} from the user`,
    {
      hint: 'ALTER ROLE the user of the source URI BYPASSRLS, or migrate as the owner of the tables',
    },
  );
}

/** What of the source is needed to look at the target and at the source's rows. */
export interface SourceLook {
  readonly display: string;
  readonly schema: SourceSchema;
  readonly layout: LayoutDefinition;
  readonly newest: readonly Newest[];
  readonly identity: SourceIdentity;
  /** Ids of the chosen experiments, null for all. */
  readonly experiments: readonly string[] | null;
  readonly versions: readonly string[];
  readonly reached: SourcePosition | null;
}

/** Looks at the source, but not at its rows (surveySource.ts); null where it cannot be read, for the reason that stands in `found` then. */
export async function lookAtSource(
  services: Services,
  request: MigrationRequest,
  found: Found,
  signal: AbortSignal,
): Promise<SourceLook | null> {
  let seen = nothing();
  try {
    return await services.connections.useSource(request.source, async (client) => {
      seen = nothing();
      return await readSource(client.until(signal), request, seen, signal);
    });
  } catch (error) {
    seen.problems.push(toProblem(error));
    return null;
  } finally {
    add(found, seen);
  }
}

async function readSource(
  source: SourceDatabase,
  request: MigrationRequest,
  { problems, findings }: Found,
  signal: AbortSignal,
): Promise<SourceLook> {
  const ask = <T>(ask: () => Promise<T>): Promise<T> => retry(AFTER_LOST_SOURCE, ask, signal);
  const introspection = await ask(() => source.read((client) => introspect(client, source.schema)));
  assertReadable(introspection, request, source.display);
  if (introspection.encoding !== 'UTF8') {
    throw new MigrationError('source-unsupported', `The source database has the encoding ${introspection.encoding}`, {
      hint: 'Only UTF8 is carried without change: dump the database and restore it into one of encoding UTF8',
    });
  }
  // What the unique indexes come to is not known before the target is.
  const chosen = await ask(() => chooseExperiments(source, introspection.schema, request));
  const layout = buildLayout(introspection.schema, layoutOptions(request, introspection.unreadable, null, chosen));
  for (const { sql, describe } of layout.checks) {
    const { rows } = await ask(() => source.read((client) => client.query<Readonly<Record<string, unknown>>>(sql)));
    const problem = describe(rows);
    if (problem !== null) problems.push(problem);
  }
  const { schema } = introspection.schema;
  const identity = await ask(() => source.read((client) => readIdentity(client, schema, request.workspace)));
  const tables = introspection.schema.tables.map(({ name }) => name);
  const changed = await ask(() => source.read((client) => findChangedCollations(client, schema, tables)));
  const newest = await ask(() => readNewest(source, layout));
  const reached = await ask(() => readPosition(source));
  if (identity.systemFrom === 'catalog') findings.push(WITHOUT_IDENTIFIER);
  findings.push(...changed.map(collationNote));
  return {
    display: source.display,
    schema: introspection.schema,
    layout,
    newest,
    identity,
    experiments: chosen?.ids ?? null,
    versions: introspection.schema.revisions,
    reached,
  };
}
