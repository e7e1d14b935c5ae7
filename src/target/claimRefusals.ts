import { type CollectionClaim, isBefore, type Owner, type SourcePosition, type Writer } from '../contract/ownership.ts';
import { writeNames } from '../contract/parseNames.ts';
import { isSameSource, showIdentity } from '../contract/sourceIdentity.ts';
import { MigrationError } from '../errors.ts';
import { listNames } from '../listNames.ts';
import { shellOption } from '../quoteShell.ts';
import type { ClaimGround, ClaimRequest } from './claimGround.ts';

/*
 * Why a claim is not made. `known` are the claims that stand, by their collections; `owner` is whoever claims.
 */

/** Throws `target-in-use` where another migration, or another run of this one, writes to a collection. */
export function assertNotInUse(
  request: ClaimRequest,
  ground: ClaimGround,
  known: ReadonlyMap<string, CollectionClaim>,
): void {
  const tokens = new Set(request.collections.map(({ name }) => known.get(name)?.writer ?? null));
  const busy = ground.writers.find(
    ({ token, migration, run }) => tokens.has(token) && !(migration === request.migration && run === request.run),
  );
  if (busy === undefined) return;
  throw inUse(ground.display, busy, request.migration);
}

/** The refusal of collections that another migration, or another run of this one, writes to. */
export function inUse(display: string, { migration, heardAt }: Writer, ours: string): MigrationError {
  const who = migration === ours ? `Another run named ${migration}` : `The migration ${migration}`;
  return new MigrationError(
    'target-in-use',
    `${who} is writing to the target ${display}; it was last heard of at ${heardAt}`,
    {
      hint:
        migration === ours
          ? 'Wait for it or cancel it; if its process is dead, start again in half a minute'
          : `Wait for it. If its process is dead, go on with it under its name (--resume ${shellOption('name', migration)}), or end it with mlflow-migrate cancel ${shellOption('name', migration)} and the same connections`,
    },
  );
}

/** Throws `target-not-empty` for what another source has brought, or this one in another layout. */
export function assertOurs(
  request: ClaimRequest,
  ground: ClaimGround,
  known: ReadonlyMap<string, CollectionClaim>,
  owner: Owner,
): void {
  if (request.adoptTarget || request.dropTarget) return;
  const foreign = request.collections.flatMap(({ name }) => {
    const claim = known.get(name);
    return claim === undefined || claim.owner === owner.id ? [] : [claim];
  });
  const [first] = foreign;
  if (first === undefined) return;
  const other = ground.ownership?.owners.find(({ id }) => id === first.owner);
  const whose =
    other === undefined ? 'another source' : `${other.label}: ${showIdentity(other.identity)}, layout ${other.layout}`;
  const names = foreign.filter((claim) => claim.owner === first.owner).map(({ name }) => name);
  if (other !== undefined && cannotTell(other, owner)) throw unsure(ground.display, names, other);
  if (other !== undefined && isSameSource(other.identity, owner.identity))
    throw otherLayout(ground.display, names, other, owner);
  throw new MigrationError(
    'target-not-empty',
    `The target ${ground.display} holds a migration of another source in ${listNames(names)} (${whose}); this source is ${request.label}: ${showIdentity(request.identity)}, layout ${request.layout}`,
    {
      hint: 'Choose another target database. If it is the same data, moved to another server: --adopt-target. To empty these collections first: --drop-target',
    },
  );
}

/** The layouts' documents of one source do not fit each other: neither is brought over into what the other has filled. */
function otherLayout(display: string, names: readonly string[], other: Owner, ours: Owner): MigrationError {
  return new MigrationError(
    'target-not-empty',
    `The target ${display} holds a migration of this source in the layout ${other.layout} in ${listNames(names)}; the layout asked for is ${ours.layout}`,
    {
      hint: `To go on with what is there: --layout ${other.layout}. To have both: another target database. To empty these collections first: --drop-target`,
    },
  );
}

/** Do they differ only in how the server was told apart, as a role could or could not ask it? */
function cannotTell(other: Owner, ours: Owner): boolean {
  const { system } = ours.identity;
  const isSameElse = isSameSource({ ...other.identity, system }, ours.identity) && other.layout === ours.layout;
  return other.identity.systemFrom !== ours.identity.systemFrom && isSameElse;
}

/** What is told apart by the catalog alone is not taken for its own: a copy of the database on another server looks the same. */
export function assertSure(
  request: ClaimRequest,
  ground: ClaimGround,
  known: ReadonlyMap<string, CollectionClaim>,
  owner: Owner,
): void {
  if (request.identity.systemFrom === 'control-file') return;
  if (request.adoptTarget || request.dropTarget || request.isReadOnly) return;
  const isThisRun = ground.writers.some(({ migration, run }) => migration === request.migration && run === request.run);
  const names = request.collections.flatMap(({ name }) => (known.get(name)?.owner === owner.id ? [name] : []));
  if (names.length > 0 && !isThisRun) throw unsure(ground.display, names, owner);
}

/** A standby that lags, or a server that was set back to an earlier moment, would take away what came from the source since. */
export function assertNotBack(
  request: ClaimRequest,
  ground: ClaimGround,
  known: ReadonlyMap<string, CollectionClaim>,
  owner: Owner | undefined,
): void {
  if (owner === undefined || request.adoptTarget || request.dropTarget || request.isReadOnly) return;
  if (!request.collections.some(({ name }) => known.get(name)?.owner === owner.id)) return;
  const { reached } = request;
  const before = owner.reached;
  if (!isBefore(reached, before)) return;
  const show = (of: SourcePosition | null | undefined) => `${of?.position}${of?.at == null ? '' : ` of ${of.at}`}`;
  throw new MigrationError(
    'target-not-empty',
    `The source ${request.label} is behind what was brought from it to ${ground.display}: it has got to ${show(reached)}, the target to ${show(before)}; migrating would undo what came between`,
    {
      hint: 'Name the primary, or wait until the standby has replayed that. If the source was set back on purpose, and the target is to follow: --adopt-target',
    },
  );
}

/** Throws `target-not-empty` where experiments were brought before that are not among those asked for: their documents would go, as if their rows had. */
export function assertNotFewer(
  request: ClaimRequest,
  ground: ClaimGround,
  known: ReadonlyMap<string, CollectionClaim>,
  owner: Owner | undefined,
): void {
  const { experiments } = request;
  if (owner === undefined || experiments == null) return;
  if (request.adoptTarget || request.dropTarget || request.mayLoseExperiments === true) return;
  if (!request.collections.some(({ name }) => known.get(name)?.owner === owner.id)) return;
  const lost = owner.experiments?.filter((id) => !experiments.includes(id));
  if (lost?.length === 0) return;
  const brought =
    lost === undefined
      ? 'all experiments'
      : `${lost.length === 1 ? 'the experiment' : 'the experiments'} ${listNames(lost)} too`;
  throw new MigrationError(
    'target-not-empty',
    `The target ${ground.display} holds ${brought} of this source, and --experiments asks for ${listNames(experiments)} alone`,
    { hint: request.isComparison === true ? comparisonHint(owner) : FEWER_HINT },
  );
}

const FEWER_HINT =
  'Choose those as well, or another target database. To delete what is left of the others: --allow-deletes N|all. To empty the collections first: --drop-target';

/** So many ids are listed to be typed. */
const TYPED_IDS = 20;

/** A comparison deletes nothing, so no consent to that helps: it is to ask for what is there. */
function comparisonHint({ experiments }: Owner): string {
  if (experiments === undefined) return 'Compare all that the target holds: leave --experiments out';
  const isShort = experiments.length <= TYPED_IDS;
  return isShort
    ? `Compare all that the target holds: ${shellOption('experiments', writeNames(experiments))}`
    : `Compare all ${experiments.length} experiments that the target holds: with the --experiments of the last migration`;
}

function unsure(display: string, names: readonly string[], { label }: Owner): MigrationError {
  return new MigrationError(
    'target-not-empty',
    `Whether the target ${display} was filled from this source cannot be told (${listNames(names)}, filled from ${label}): a role may not call pg_control_system()`,
    {
      hint: 'GRANT EXECUTE ON FUNCTION pg_control_system() TO the role of the source URI; if it is the same source, --adopt-target',
    },
  );
}

/** Throws `target-not-empty` for documents in collections that nobody has claimed. */
export function assertUnclaimedEmpty(
  request: ClaimRequest,
  ground: ClaimGround,
  known: ReadonlyMap<string, CollectionClaim>,
): void {
  if (request.allowExisting || request.dropTarget) return;
  const filled = request.collections.filter(({ name }) => ground.filled.has(name) && !known.has(name));
  if (filled.length === 0 || (ground.isLegacy && request.adoptTarget)) return;
  const names = listNames(filled.map(({ name }) => name));
  if (ground.isLegacy) {
    throw new MigrationError(
      'target-not-empty',
      `The target ${ground.display} was filled by version 0.1.0, which did not record from which source (${names})`,
      {
        hint: 'If it was this source: --adopt-target. Otherwise choose another target database; --yes writes beside what is there and deletes nothing',
      },
    );
  }
  throw new MigrationError('target-not-empty', `The target ${ground.display} already holds other data in ${names}`);
}
