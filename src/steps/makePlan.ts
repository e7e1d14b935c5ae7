import { writeNames } from '../contract/parseNames.ts';
import { PLAN_VERSION, type Plan, totalRowsOf } from '../contract/plan.ts';
import { newDraft } from '../contract/planDraft.ts';
import type { MakePlanInput, PlanLeft, PlanResult } from '../contract/steps/makePlan.ts';
import { PREFLIGHT_FINDINGS } from '../contract/steps/preflight.ts';
import { isChosen } from '../contract/tableChoice.ts';
import type { Problem } from '../errors.ts';
import { buildLayout } from '../mlflow/layouts/buildLayout.ts';
import { packUnits } from '../plan/packUnits.ts';
import { phaseWeights } from '../plan/phaseWeights.ts';
import { rangeLimits } from '../plan/rangeLimits.ts';
import { shellOption } from '../quoteShell.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import type { Clients } from '../runtime/connections.ts';
import type { Services } from '../runtime/services.ts';
import { readDraft, readPlan, writePlan } from '../runtime/storedPlan.ts';
import { readOwnership } from '../target/ownership.ts';
import { targetError } from '../target/targetError.ts';
import { offerFor, readOffer } from '../target/throughput.ts';
import { beginProgress } from './planning/beginProgress.ts';
import { countPlanned } from './planning/countPlanned.ts';
import { cutCollections } from './planning/cutCollections.ts';
import { earlierProof, isStillThere } from './planning/earlierProof.ts';
import { keepPlanning, planningOf, recallPlanning } from './planning/keptPlanning.ts';
import { PlanningTurn } from './planning/planningTurn.ts';
import { readBasis } from './planning/readBasis.ts';

/** RU/s that ranges are cut for where the account does not say what it has. */
const REQUEST_UNITS_TO_PLAN_FOR = 1_000;

/**
 * Reads the catalog, counts, cuts collections into ranges, packs them into units, and stores plan, summary and analysis. Stops
 * when the time of the step is up, and keeps what it has: called again with the same `now`, it goes on with that.
 */
export async function makePlan(
  services: Services,
  input: MakePlanInput,
  signal: AbortSignal,
): Promise<PlanResult | PlanLeft> {
  return await services.connections.use(input.request, null, async ({ source, target }) =>
    planOn(services, { source: source.until(signal), target }, input, signal),
  );
}

async function planOn(
  services: Services,
  { source, target }: Clients,
  { id, request, now }: MakePlanInput,
  signal: AbortSignal,
): Promise<PlanResult | PlanLeft> {
  const isOver = services.shift.begin();
  const { blobs } = services;
  const traits = await target.traits().catch((error: unknown) => {
    throw targetError(error, target.display);
  });
  const offered = await readOffer(target, traits, signal);
  // What the copy will have, where the throughput is raised for it. Collections that have their own say nothing of the whole.
  const requestUnitsPerSecond = request.throughput?.during ?? offered?.shared?.value ?? null;
  const limits = rangeLimits(traits.isCharged ? (requestUnitsPerSecond ?? REQUEST_UNITS_TO_PLAN_FOR) : null);
  const begun = await readDraft(blobs, id, now);
  const draft = begun ?? newDraft(now, await readBasis({ source, target }, request, traits.flavour));
  const { basis } = draft;
  const { identity, schema } = basis;
  const layout = buildLayout(schema, basis.options);
  const planned = source.expecting(identity);
  const turn = new PlanningTurn(blobs, id, draft, isOver);
  const planning = planningOf(basis, layout, request, { flavour: traits.flavour, requestUnitsPerSecond });
  const known = begun === null ? await recallPlanning(blobs, id, planning, layout) : null;
  const rows = known?.rows ?? (await countPlanned(turn, planned, layout, request));
  const tableBytes = Object.fromEntries(
    schema.tables.flatMap(({ name, bytes }) => {
      const wanted = rows?.tables[name];
      const there = rows?.there[name];
      if (wanted === undefined) return [];
      // Rows that are chosen are as large as the others, for all that is known.
      return [[name, there === undefined || there === 0 ? bytes : Math.ceil((bytes * wanted) / there)]];
    }),
  );
  const collections =
    known?.collections ?? (rows && (await cutCollections(turn, planned, layout, { rows, tableBytes, limits })));
  if (rows === null || collections === null) {
    await turn.store();
    return { isLeft: true };
  }
  const ownership = await readOwnership(target);
  const before = await readPlan(blobs, id);
  const names = collections.map(({ collection }) => collection);
  const unreadable = Object.fromEntries(
    basis.unreadable.filter((table) => isChosen(request, table)).map((table) => [table, before?.tableRows[table] ?? 0]),
  );
  const plan: Plan = {
    version: PLAN_VERSION,
    id,
    source: source.display,
    target: target.display,
    identity,
    fingerprint: basis.fingerprint,
    timeline: basis.timeline?.timeline ?? null,
    targetId: ownership?.target ?? null,
    shared: (ownership?.collections ?? []).flatMap(({ name, heldOthers }) => (heldOthers ? [name] : [])),
    flavour: traits.flavour,
    postgresVersion: basis.postgresVersion,
    targetVersion: traits.version,
    schema,
    layout: basis.options,
    request,
    collections,
    units: packUnits(collections, limits),
    unreadable,
    tableRows: rows.tables,
    tableBytes,
    ...(request.experiments === null ? {} : { rowsThere: rows.there }),
    requestUnitsPerSecond,
    offer: offered && offerFor(offered, names),
    createdAt: now,
  };
  // What an earlier plan of this run found is not this one's.
  await blobs.clear(blobPaths.findings(id), { except: [blobPaths.finding(id, PREFLIGHT_FINDINGS)] });
  await blobs.clear(blobPaths.found(id));
  await blobs.clear(blobPaths.allRepairs(id));
  await writePlan(blobs, plan);
  if (planning !== null && known === null) await keepPlanning(blobs, id, planning, rows, collections);
  const totalRows = totalRowsOf(plan);
  const proven = earlierProof(request, ownership, {
    ...basis,
    totalRows,
    experiments: basis.options.experiments,
  });
  const isProven =
    proven !== null &&
    (await isStillThere(target, ownership, identity, layout, { layoutName: request.layout, tables: proven.tables }));
  await beginProgress(blobs, id, {
    source: source.display,
    target: target.display,
    tableRows: plan.tableRows,
    isValidated: request.validate === 'full' && !request.dryRun,
    postgresVersion: plan.postgresVersion,
    targetVersion: plan.targetVersion,
    flavour: plan.flavour,
    requestUnitsPerSecond,
    phases: {
      ...phaseWeights(
        { ...request, isProven },
        traits.flavour,
        collections.map(({ rows }, index) => ({ rows, indexes: layout.collections[index]?.indexes.length ?? 0 })),
      ),
      indexedCollections: collections.length,
    },
  });
  // A copy makes its own.
  if (!isProven && !request.dryRun && !request.validateOnly) await blobs.clear(blobPaths.allChecksums(id));
  await blobs.clear(blobPaths.draft(id));
  return {
    stamp: now,
    units: plan.units.length,
    collections: collections.length,
    totalRows,
    flavour: traits.flavour,
    hasRequest: true,
    ...(isProven ? { proven } : {}),
    ...(basis.standstill === null ? {} : { quietFrom: basis.standstill }),
    unreadable: Object.keys(unreadable).map((table) => ({ table, problem: deniedRead(table, source.display) })),
  };
}

function deniedRead(table: string, display: string): Problem {
  const message = `PostgreSQL at ${display} denies reading ${table} (42501)`;
  return {
    kind: 'source-refused',
    message,
    hint: `Grant the user SELECT on it, then migrate again: the other tables are migrated without it; or leave it out with ${shellOption('exclude', writeNames([table]))}`,
  };
}
