import type { BackInto } from '../../contract/backReport.ts';
import type { LayoutName } from '../../contract/layoutName.ts';
import { isBefore, type Owner } from '../../contract/ownership.ts';
import type { KeptProof } from '../../contract/proof.ts';
import type { SourceIdentity } from '../../contract/sourceIdentity.ts';
import type { SourceSchema } from '../../contract/sourceSchema.ts';
import { MigrationError } from '../../errors.ts';
import { listNames } from '../../listNames.ts';
import { PLUGIN_COLLECTIONS } from '../../mlflow/layouts/plugin/pluginCollections.ts';
import type { Clients } from '../../runtime/connections.ts';
import { changedTables, type Fingerprint, readFingerprint } from '../../source/fingerprint.ts';
import { introspect } from '../../source/introspect.ts';
import { readIdentity } from '../../source/readIdentity.ts';
import { readTimeline } from '../../source/timeline.ts';
import { readOwnership } from '../../target/ownership.ts';
import { filledCollections } from '../../target/standingCollections.ts';
import { chosenIn, MAX_TRANSACTIONS } from '../planning/earlierProof.ts';
import { assertAllWorkspaces } from './assertAllWorkspaces.ts';
import { assertNotMapped } from './assertNotMapped.ts';
import { findOwnerBack } from './findOwnerBack.ts';
import { keptProof } from './keptProof.ts';
import { placesOf, type TablePlaces } from './tablePlaces.ts';

/** Both ends of a way back, as they may be taken for each other. */
export interface BackBasis {
  readonly into: BackInto;
  readonly schema: SourceSchema;
  readonly identity: SourceIdentity;
  readonly owner: Owner;
  /** Where the last migration has proven both equal; null for an empty database, which needs none. */
  readonly proof: KeptProof | null;
  /** The tables that are brought back, as they are now, with the collections that speak of them. */
  readonly tables: readonly TablePlaces[];
  /** How far the times reach of what was migrated, by collection, where that is known. */
  readonly newest: ReadonlyMap<string, bigint>;
}

interface DatabaseNow {
  readonly schema: SourceSchema;
  readonly identity: SourceIdentity;
  readonly fingerprint: Fingerprint;
}

/** Looks at the database and at the record of the target. Throws a MigrationError, with its cure, where the one may not be brought into the other. */
export async function lookAtBoth({ source, target }: Clients, preferred: LayoutName): Promise<BackBasis> {
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
  const { into, owner } = findOwnerBack(ownership, now.identity, preferred, target.display);
  assertSameRevision(owner, now.schema, source.display);
  if (into === 'source') assertWhole(owner, target.display);
  assertAllWorkspaces(owner, { source: source.display, target: target.display });
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
  const names = new Set(claims.map(({ name }) => name));
  const { tables, known } = placesOf(now.schema, owner.layout, names, source.display);
  const foreign = owner.layout === 'mlflow' ? [...PLUGIN_COLLECTIONS].filter((name) => !names.has(name)) : [];
  const homeless = await filledCollections(target, [...[...names].filter((name) => !known.has(name)), ...foreign]);
  if (homeless.length > 0) {
    throw new MigrationError(
      'config',
      `${listNames(homeless)} of ${target.display} hold documents, and no migration has brought tables of ${source.display} there`,
      {
        hint: 'Bring the tables to the schema that the target was filled from; what MLflow has begun to write there since has no place in an earlier one',
      },
    );
  }
  const proof = into === 'empty' ? null : await proofOf(owner, now, { source, target });
  const newest = new Map(
    claims.flatMap((claim) => (claim.newest === undefined ? [] : [[claim.name, BigInt(claim.newest)] as const])),
  );
  return { into, schema: now.schema, identity: now.identity, owner, proof, tables, newest };
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
  const proof = keptProof(owner);
  const cannot = (why: string): MigrationError =>
    new MigrationError(
      'conflict',
      `Whether ${source.display} was written to since it was proven equal to ${target.display} cannot be told: ${why}`,
      {
        hint: 'Bring the documents back into an empty database of the same schema: docs/way-back.md',
      },
    );
  if (proof === null) throw cannot('the target keeps no proof of a whole migration');
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
