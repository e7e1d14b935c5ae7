import type pg from 'pg';
import type { MigrationRequest } from '../contract/migrationRequest.ts';
import { type CollectionPlan, type LayoutOptions, PLAN_VERSION, type Plan, totalRowsOf } from '../contract/plan.ts';
import type { SourceSchema } from '../contract/sourceSchema.ts';
import type { MakePlanInput, PlanResult } from '../contract/steps/makePlan.ts';
import { PREFLIGHT_FINDINGS } from '../contract/steps/preflight.ts';
import { isChosen } from '../contract/tableChoice.ts';
import type { Problem } from '../errors.ts';
import { buildLayout, carriedTables } from '../mlflow/layouts/buildLayout.ts';
import type { CollectionDefinition, LayoutDefinition } from '../mlflow/layouts/layout.ts';
import { cutRanges, type RangeLimits, rangeCount } from '../plan/cutRanges.ts';
import { packUnits } from '../plan/packUnits.ts';
import { rangeLimits } from '../plan/rangeLimits.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import type { Clients } from '../runtime/connections.ts';
import type { Services } from '../runtime/services.ts';
import { readPlan, writePlan } from '../runtime/storedPlan.ts';
import { countDocuments, countRows } from '../source/countRows.ts';
import { readFingerprint } from '../source/fingerprint.ts';
import { introspect } from '../source/introspect.ts';
import { readClock } from '../source/readClock.ts';
import { readIdentity } from '../source/readIdentity.ts';
import { sampleKeys } from '../source/sampleKeys.ts';
import { readTimeline } from '../source/timeline.ts';
import { readOwnership } from '../target/ownership.ts';
import { targetError } from '../target/targetError.ts';
import { offerFor, readOffer } from '../target/throughput.ts';
import { beginProgress } from './planning/beginProgress.ts';
import { choosePointIds } from './planning/choosePointIds.ts';
import { earlierProof, isStillThere } from './planning/earlierProof.ts';
import { layoutOptions } from './shared/layoutOptions.ts';

/** RU/s that ranges are cut for where the account does not say what it has. */
const REQUEST_UNITS_TO_PLAN_FOR = 1_000;

/** Reads the catalog, counts, cuts collections into ranges, packs them into units, and stores plan, summary and analysis. */
export async function makePlan(services: Services, input: MakePlanInput, signal: AbortSignal): Promise<PlanResult> {
  return await services.connections.use(input.request, null, async ({ source, target }) =>
    planOn(services, { source: source.until(signal), target }, input, signal),
  );
}

async function planOn(
  services: Services,
  { source, target }: Clients,
  { id, request, now }: MakePlanInput,
  signal: AbortSignal,
): Promise<PlanResult> {
  const traits = await target.traits().catch((error: unknown) => {
    throw targetError(error, target.display);
  });
  const offered = await readOffer(target, traits, signal);
  // What the copy will have, where the throughput is raised for it. Collections that have their own say nothing of the whole.
  const requestUnitsPerSecond = request.throughput?.during ?? offered?.shared?.value ?? null;
  const limits = rangeLimits(traits.isCharged ? (requestUnitsPerSecond ?? REQUEST_UNITS_TO_PLAN_FOR) : null);
  const { layout: layoutName, workspace } = request;
  const ownership = await readOwnership(target);
  const pointIds = layoutName === 'mlflow' ? { pointIds: await choosePointIds(target, ownership, request) } : {};
  const timeline = await readTimeline(source);
  const planned = await source.read(async (client) => {
    const introspection = await introspect(client, source.schema);
    const { schema } = introspection;
    const identity = await readIdentity(client, schema.schema, workspace);
    const fingerprint = await readFingerprint(client, schema.schema);
    const clock = await readClock(client, false);
    const options: LayoutOptions = { ...layoutOptions(request, introspection.unreadable), ...pointIds };
    const layout = buildLayout(schema, options);
    const carried = plannedTables(layout, schema, request);
    const tableRows = await countRows(client, schema.schema, carried, layout.scopes);
    const tableBytes = Object.fromEntries(
      schema.tables.filter(({ name }) => carried.includes(name)).map(({ name, bytes }) => [name, bytes]),
    );
    const collections = await cutCollections(client, schema, layout, { tableRows, tableBytes }, limits);
    return { introspection, identity, fingerprint, clock, options, layout, tableRows, tableBytes, collections };
  });
  const { introspection, identity, fingerprint, clock, options, layout, tableRows, tableBytes, collections } = planned;
  const before = await readPlan(services.blobs, id);
  const names = collections.map(({ collection }) => collection);
  const unreadable = Object.fromEntries(
    introspection.unreadable
      .filter((table) => isChosen(request, table))
      .map((table) => [table, before?.tableRows[table] ?? 0]),
  );
  const plan: Plan = {
    version: PLAN_VERSION,
    id,
    source: source.display,
    target: target.display,
    identity,
    fingerprint,
    timeline: timeline?.timeline ?? null,
    targetId: ownership?.target ?? null,
    shared: (ownership?.collections ?? []).flatMap(({ name, heldOthers }) => (heldOthers ? [name] : [])),
    flavour: traits.flavour,
    postgresVersion: introspection.serverVersionText,
    targetVersion: traits.version,
    schema: introspection.schema,
    layout: options,
    request,
    collections,
    units: packUnits(collections, limits),
    unreadable,
    tableRows,
    tableBytes,
    requestUnitsPerSecond,
    offer: offered && offerFor(offered, names),
    createdAt: now,
  };
  // What an earlier plan of this run found is not this one's.
  await services.blobs.clear(blobPaths.findings(id), { except: [blobPaths.finding(id, PREFLIGHT_FINDINGS)] });
  await writePlan(services.blobs, plan);
  await beginProgress(services.blobs, id, {
    source: source.display,
    target: target.display,
    tableRows,
    isValidated: request.validate === 'full' && !request.dryRun,
  });
  const totalRows = totalRowsOf(plan);
  const proven = earlierProof(request, ownership, { identity, fingerprint, clock, timeline, totalRows });
  return {
    stamp: now,
    units: plan.units.length,
    collections: collections.length,
    totalRows,
    flavour: traits.flavour,
    hasRequest: true,
    ...(proven !== null &&
    (await isStillThere(target, ownership, identity, layout, { layoutName, tables: proven.tables }))
      ? { proven }
      : {}),
    unreadable: Object.keys(unreadable).map((table) => ({ table, problem: deniedRead(table, source.display) })),
  };
}

function deniedRead(table: string, display: string): Problem {
  const message = `PostgreSQL at ${display} denies reading ${table} (42501)`;
  return {
    kind: 'source-refused',
    message,
    hint: 'Grant the user SELECT on it, then migrate again: the other tables are migrated without it',
  };
}

/** The layout's collections with the ranges that they are copied in. */
async function cutCollections(
  client: pg.ClientBase,
  { tables }: SourceSchema,
  layout: LayoutDefinition,
  { tableRows, tableBytes }: Pick<Plan, 'tableRows' | 'tableBytes'>,
  limits: RangeLimits,
): Promise<CollectionPlan[]> {
  const collections: CollectionPlan[] = [];
  for (const definition of layout.collections) {
    const rows = await plannedRows(client, layout, definition, tableRows);
    const bytes = collectionBytes(definition, tableBytes);
    const count = definition.cutBy.length === 0 ? 1 : rangeCount(rows, bytes, limits);
    const canSample = tables.find(({ name }) => name === definition.table)?.canSample ?? false;
    const keys = count === 1 ? [] : await sampleKeys(client, definition, rows, count, canSample);
    const ranges = cutRanges(keys, count);
    collections.push({ collection: definition.collection, table: definition.table, rows, bytes, ranges });
  }
  return collections;
}

/** Rows that become documents of a definition: those of its table that are wanted, or only those that it asks for. */
async function plannedRows(
  client: pg.ClientBase,
  layout: LayoutDefinition,
  definition: CollectionDefinition,
  tableRows: Readonly<Record<string, number>>,
): Promise<number> {
  const isPart = definition.where !== null && definition.where !== layout.scopes[definition.table];
  return isPart ? await countDocuments(client, definition) : (tableRows[definition.table] ?? 0);
}

/** Tables whose rows arrive somewhere: roots, counted children, and those that stand in the marker. */
function plannedTables(layout: LayoutDefinition, schema: SourceSchema, request: MigrationRequest): string[] {
  const names = new Set(carriedTables(layout));
  for (const { name } of schema.tables) {
    if (layout.markerTables.has(name) && isChosen(request, name)) names.add(name);
  }
  return [...names].sort();
}

function collectionBytes(definition: CollectionDefinition, tableBytes: Readonly<Record<string, number>>): number {
  const children = definition.children.reduce(
    (sum, child) => sum + (child.isCounted ? (tableBytes[child.table] ?? 0) : 0),
    0,
  );
  return (tableBytes[definition.table] ?? 0) + children;
}
