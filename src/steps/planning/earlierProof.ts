import { isSameMap } from '../../contract/artifactMap.ts';
import type { ChosenExperiments } from '../../contract/chosenExperiments.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import { findOwner, isBefore, type Ownership } from '../../contract/ownership.ts';
import { KeptProof, type ProvenState, type SourceTimeline } from '../../contract/proof.ts';
import type { SourceClock } from '../../contract/sourceClock.ts';
import type { SourceIdentity } from '../../contract/sourceIdentity.ts';
import { countsOf } from '../../contract/tableCounts.ts';
import type { LayoutDefinition } from '../../mlflow/layouts/layout.ts';
import { changedTables, type Fingerprint } from '../../source/fingerprint.ts';
import { standingCollections } from '../../target/standingCollections.ts';
import type { TargetDatabase } from '../../target/targetDatabase.ts';
import { askTarget } from '../../target/targetError.ts';

/**
 * Transactions after which row versions are not told apart any more with a wide margin: they have 32 bits, of which half is the past
 * (https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND).
 */
export const MAX_TRANSACTIONS = 1n << 30n;

/** The source as it is now. */
export interface SourceNow {
  readonly identity: SourceIdentity;
  readonly fingerprint: Fingerprint;
  readonly clock: SourceClock;
  /** Null where it is not known. */
  readonly timeline: SourceTimeline | null;
  readonly totalRows: number;
  /** Absent where all are carried. */
  readonly experiments?: ChosenExperiments | undefined;
}

/** A smaller source is compared as a whole each time, which takes a second or two, and finds what somebody changed in the target too. Its proof is kept for the way back. */
const WORTHWHILE_ROWS = 100_000;
/** Share of a collection's documents that must stand there still: a target that was emptied is better filled than mended. */
const STILL_THERE = 0.9;
/** Smaller collections are mended at once. */
const FEW_ROWS = 1_000;

/** What a request asks to be carried, and under which map, as a proof keeps it. */
export function scopeOf(
  { tables, exclude, workspace, shardKeys, artifacts }: MigrationRequest,
  experiments: ChosenExperiments | undefined,
): string {
  const left = exclude.length === 0 ? [] : [exclude.toSorted()];
  const chosen = experiments === undefined ? [] : [{ experiments: [experiments.ids, experiments.besides] }];
  const mapped = artifacts.length === 0 ? [] : [{ artifacts }];
  return JSON.stringify([
    tables?.toSorted() ?? null,
    workspace,
    Object.entries(shardKeys).toSorted(),
    ...left,
    ...chosen,
    ...mapped,
  ]);
}

/** The experiments of a text of {@link scopeOf} that alone were asked to be carried, null where all were. */
export function chosenIn(scope: string): readonly string[] | null {
  const parts = parsed(scope) as readonly unknown[];
  const chosen = parts.find(isChoice);
  return chosen === undefined ? null : chosen.experiments[0];
}

function isChoice(
  part: unknown,
): part is { readonly experiments: readonly [ids: readonly string[], besides: unknown] } {
  return typeof part === 'object' && part !== null && 'experiments' in part;
}

/**
 * Where an earlier run's comparison ended, if everything still fits and it is worth it: the same source for sure, in one history
 * with the moment of the proof, with the same tables, asked for the same way. Otherwise null, and all rows are compared.
 */
export function earlierProof(
  request: MigrationRequest,
  ownership: Ownership | null,
  { identity, fingerprint, clock, timeline, totalRows, experiments }: SourceNow,
): ProvenState | null {
  const owner = findOwner(ownership, identity, request.layout);
  const stored = owner?.proof;
  // A release that knew of no map may have written since.
  if (!isSameMap(owner?.artifacts, request.artifacts)) return null;
  if (stored === undefined || timeline === null || identity.systemFrom !== 'control-file') return null;
  if (!mayGoOn(request) || totalRows < WORTHWHILE_ROWS) return null;
  const { success, data: proof } = KeptProof.safeParse(parsed(stored));
  if (!success) return null;
  const passed = BigInt(clock.transaction) - BigInt(proof.clock.transaction);
  const isOneHistory =
    proof.source.timeline === timeline.timeline &&
    !isBefore({ ...timeline, at: null }, { ...proof.source, at: null }) &&
    passed >= 0n &&
    passed < MAX_TRANSACTIONS;
  if (!isOneHistory || proof.scope !== scopeOf(request, experiments)) return null;
  if (changedTables(proof.fingerprint, fingerprint).length > 0) return null;
  const { tables, digests, checksumsBy, referencesHold, comparedFrom, comparedTo } = proof;
  return {
    clock: proof.clock,
    tables,
    ...(digests === undefined ? {} : { digests }),
    ...(checksumsBy === undefined ? {} : { checksumsBy }),
    ...(referencesHold === undefined ? {} : { referencesHold }),
    comparedFrom,
    comparedTo,
  };
}

/**
 * Are the collections those that were proven: claimed by this source alone, the very same, and filled still? That each document
 * is as it was left is taken on trust; how many there are is counted at the end.
 */
export async function isStillThere(
  target: TargetDatabase,
  ownership: Ownership | null,
  identity: SourceIdentity,
  layout: LayoutDefinition,
  { layoutName, tables }: { readonly layoutName: string; readonly tables: ProvenState['tables'] },
): Promise<boolean> {
  const owner = findOwner(ownership, identity, layoutName)?.id;
  const claims = new Map(ownership?.collections.map((claim) => [claim.name, claim]));
  const names = layout.collections.map(({ collection }) => collection);
  const standing = new Map((await standingCollections(target, names)).map(({ name, uuid }) => [name, uuid]));
  for (const { collection, table } of layout.collections) {
    const claim = claims.get(collection);
    if (claim === undefined || claim.owner !== owner || claim.heldOthers || claim.toBeMade === true) return false;
    if (!standing.has(collection) || (claim.uuid ?? null) !== standing.get(collection)) return false;
    const isAlone = layout.collections.filter((other) => other.table === table).length === 1;
    const rows = isAlone ? countsOf(tables[table]).migrated : 0;
    if (rows < FEW_ROWS) continue;
    const documents = await askTarget(target, () => target.db.collection(collection).estimatedDocumentCount());
    if (documents < rows * STILL_THERE) return false;
  }
  return true;
}

/** Is it a run that writes over what is there and compares all that it has to? Others take nothing from an earlier one. */
function mayGoOn({ dryRun, validateOnly, validate, dropTarget, adoptTarget }: MigrationRequest): boolean {
  return !dryRun && !validateOnly && validate === 'full' && !dropTarget && !adoptTarget;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
