import type { BackInto } from '../../contract/backReport.ts';
import { findOwner, isBefore, type Owner, type Ownership } from '../../contract/ownership.ts';
import { KeptProof } from '../../contract/proof.ts';
import type { SourceIdentity } from '../../contract/sourceIdentity.ts';
import type { SourceSchema } from '../../contract/sourceSchema.ts';
import { MigrationError } from '../../errors.ts';
import { listNames } from '../../listNames.ts';
import { buildLayout } from '../../mlflow/layouts/buildLayout.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import type { Clients } from '../../runtime/connections.ts';
import { changedTables, type Fingerprint, readFingerprint } from '../../source/fingerprint.ts';
import { introspect } from '../../source/introspect.ts';
import { readIdentity } from '../../source/readIdentity.ts';
import { readTimeline } from '../../source/timeline.ts';
import { readOwnership } from '../../target/ownership.ts';
import { filledCollections } from '../../target/standingCollections.ts';
import { chosenIn, MAX_TRANSACTIONS } from '../planning/earlierProof.ts';
import { assertNotMapped } from './assertNotMapped.ts';

/** Both ends of a way back, as they may be taken for each other. */
export interface BackBasis {
  readonly into: BackInto;
  readonly schema: SourceSchema;
  readonly identity: SourceIdentity;
  readonly owner: Owner;
  /** Where the last migration has proven both equal; null for an empty database, which needs none. */
  readonly proof: KeptProof | null;
  /** The collections that are brought back, as they follow from the tables now. */
  readonly collections: readonly CollectionDefinition[];
}

interface DatabaseNow {
  readonly schema: SourceSchema;
  readonly identity: SourceIdentity;
  readonly fingerprint: Fingerprint;
}

/** Looks at the database and at the record of the target. Throws a MigrationError, with its cure, where the one may not be brought into the other. */
export async function lookAtBoth({ source, target }: Clients): Promise<BackBasis> {
  const now = await source.read(async (client): Promise<DatabaseNow> => {
    const { schema, isStandby, unreadable, secured } = await introspect(client, source.schema);
    if (isStandby)
      throw new MigrationError('source-refused', `${source.display} is a standby, which nothing can be written to`, {
        hint: 'Name the primary in the source URI',
      });
    const closed = [...unreadable, ...secured];
    if (closed.length > 0)
      throw new MigrationError(
        'source-refused',
        `The user may not read all of ${listNames(closed)} of ${source.display}`,
        { hint: 'Name the owner of the tables in the source URI' },
      );
    const identity = await readIdentity(client, schema.schema, null);
    return { schema, identity, fingerprint: await readFingerprint(client, schema.schema) };
  });
  const ownership = await readOwnership(target);
  const { into, owner } = ownerFor(ownership, now.identity, target.display);
  assertSameRevision(owner, now.schema, source.display);
  if (into === 'source') assertWhole(owner, target.display);
  assertNotMapped(owner, into, { source: source.display, target: target.display });
  const claims = (ownership?.collections ?? []).filter((claim) => claim.owner === owner.id);
  const writing = claims.filter(({ writer, toBeMade }) => writer !== null || toBeMade === true);
  if (writing.length > 0) {
    throw new MigrationError(
      'target-in-use',
      `A migration writes to ${listNames(writing.map(({ name }) => name))} of ${target.display}, or was cut short`,
    );
  }
  const shared = claims.filter(({ heldOthers }) => heldOthers).map(({ name }) => name);
  if (shared.length > 0) {
    throw new MigrationError(
      'config',
      `${listNames(shared)} of ${target.display} held other data when they were claimed: what of it belongs to MLflow cannot be told`,
      { hint: 'Bring back from a target that a migration has filled alone' },
    );
  }
  const layout = buildLayout(now.schema, { layout: 'tables', tables: null, workspace: null });
  const names = new Set(claims.map(({ name }) => name));
  const known = new Set(layout.collections.map(({ collection }) => collection));
  const homeless = await filledCollections(
    target,
    [...names].filter((name) => !known.has(name)),
  );
  if (homeless.length > 0) {
    throw new MigrationError(
      'config',
      `${source.display} has no table for ${listNames(homeless)} of ${target.display}`,
      { hint: 'Bring the tables to the schema that the target was filled from' },
    );
  }
  const collections = layout.collections.filter(({ collection }) => names.has(collection));
  const proof = into === 'empty' ? null : await proofOf(owner, now, { source, target });
  return { into, schema: now.schema, identity: now.identity, owner, proof, collections };
}

/** Whose documents are brought back: those of this very database, or, into another one, those of the only one there. */
function ownerFor(
  ownership: Ownership | null,
  identity: SourceIdentity,
  display: string,
): { readonly into: BackInto; readonly owner: Owner } {
  const own = findOwner(ownership, identity, 'tables');
  if (own !== undefined && identity.systemFrom === 'control-file') return { into: 'source', owner: own };
  const owners = (ownership?.owners ?? []).filter(({ layout }) => layout === 'tables');
  const [only] = owners;
  if (only !== undefined && owners.length === 1) return { into: 'empty', owner: only };
  const others = ownership?.owners ?? [];
  if (owners.length === 0 && others.length > 0) {
    throw new MigrationError(
      'config',
      `${display} holds the layout ${others[0]?.layout}, which cannot be brought back yet`,
      {
        hint: 'docs/way-back.md says what is missing; the layout tables can be',
      },
    );
  }
  if (owners.length === 0) {
    throw new MigrationError('config', `${display} holds nothing that a migration of this program has brought`, {
      hint: 'Check the target: its collection _migration says what was brought, and from where',
    });
  }
  throw new MigrationError(
    'config',
    `${display} holds documents of ${owners.length} databases (${listNames(owners.map(({ label }) => label))}), and this is none of them`,
    { hint: 'Bring each back into its own database' },
  );
}

/** Rows that were never brought, or whose documents went with a smaller choice, would go as if somebody had deleted their documents. */
function assertWhole({ experiments }: Owner, display: string): void {
  if (experiments !== undefined) throw notWhole(`${display} holds ${named(experiments)}`);
}

function notWhole(what: string): MigrationError {
  return new MigrationError('config', `${what}: the way back would delete the rows of all others`, {
    hint: 'Bring them back into an empty database of the same revision, or migrate all experiments first',
  });
}

function named(experiments: readonly string[]): string {
  const few = experiments.length === 1 ? 'one experiment' : 'some experiments';
  return `${few} of this source alone (${listNames(experiments)})`;
}

function assertSameRevision(owner: Owner, { revisions }: SourceSchema, display: string): void {
  const [wanted, found] = [owner.versions, revisions].map((list) => list.toSorted().join(', ') || 'none');
  if (wanted === found) return;
  throw new MigrationError(
    'source-unsupported',
    `The schema of ${display} has the revision ${found}, and the documents are of ${wanted}`,
    {
      hint: `Make the tables with the MLflow release of that revision: mlflow db upgrade; or alembic's upgrade to ${wanted}`,
    },
  );
}

/** The proof of the last migration, as long as it can be told from it what was written to the database since. */
async function proofOf(owner: Owner, { fingerprint }: DatabaseNow, { source, target }: Clients): Promise<KeptProof> {
  const { success, data: proof } = KeptProof.safeParse(parsed(owner.proof));
  const cannot = (why: string): MigrationError =>
    new MigrationError(
      'conflict',
      `Whether ${source.display} was written to since it was proven equal to ${target.display} cannot be told: ${why}`,
      {
        hint: 'Bring the documents back into an empty database of the same schema: docs/way-back.md',
      },
    );
  if (!success) throw cannot('the target keeps no proof of a whole migration');
  // A run that left tables out leaves more in the target than it has proven.
  const chosen = chosenIn(proof.scope);
  if (chosen !== null) throw notWhole(`The last migration to ${target.display} was of ${named(chosen)}`);
  const timeline = await readTimeline(source);
  if (timeline === null) throw cannot('the server does not tell its place in its write-ahead log');
  const isOneHistory =
    proof.source.timeline === timeline.timeline && !isBefore({ ...timeline, at: null }, { ...proof.source, at: null });
  if (!isOneHistory) throw cannot('the server was set back, or failed over');
  const passed = await source.read(async (client) => {
    const { rows } = await client.query<{ now: string }>(
      'select txid_snapshot_xmax(txid_current_snapshot())::text as now',
    );
    return BigInt(rows[0]?.now ?? 0) - BigInt(proof.clock.transaction);
  });
  if (passed < 0n || passed >= MAX_TRANSACTIONS) throw cannot('too many transactions have passed');
  const changed = changedTables(proof.fingerprint, fingerprint);
  if (changed.length > 0) throw cannot(`${listNames(changed)} are not the tables that were compared`);
  return proof;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
