import type { CheckInput, CheckSummary } from '../contract/steps/checkCollections.ts';
import { FINDINGS } from '../contract/storedFindings.ts';
import type { Problem } from '../errors.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { inParallel } from '../runtime/inParallel.ts';
import { putRecord } from '../runtime/records.ts';
import type { PlannedWork, Services } from '../runtime/services.ts';
import { countAll } from '../target/countAll.ts';
import { MARKER_COLLECTION } from '../target/ownership.ts';
import { checkChildRows } from './checks/checkChildRows.ts';
import type {
  CheckContext,
  CheckedCollection,
  CheckGround,
  CollectionCheck,
  LateCheck,
} from './checks/checkContext.ts';
import { checkCounts } from './checks/checkCounts.ts';
import { checkDisplaced } from './checks/checkDisplaced.ts';
import { checkIndexes } from './checks/checkIndexes.ts';
import { checkLeftCollections } from './checks/checkLeftCollections.ts';
import { checkReferences } from './checks/checkReferences.ts';
import { checkRevision } from './checks/checkRevision.ts';
import { CheckTally } from './checks/checkTally.ts';
import { countTables } from './checks/countTables.ts';
import { nameMisorderedIndexes } from './checks/nameMisorderedIndexes.ts';
import { countJoined } from './shared/countJoined.ts';
import { failAlone } from './shared/failAlone.ts';
import { isWholeTable } from './shared/rowsInDocuments.ts';
import { type Ends, useEnds } from './shared/useEnds.ts';

const COLLECTIONS_AT_ONCE = 3;

/** Checks of each collection, in the order of their findings. */
const ALWAYS: readonly CollectionCheck[] = [checkCounts];
const WHERE_VALIDATION_IS_FULL: readonly CollectionCheck[] = [checkDisplaced, checkIndexes, checkReferences];

/** What is checked when all collections were; the last one names what the others have counted. */
const LATE: readonly LateCheck[] = [checkRevision, checkLeftCollections, checkChildRows, nameMisorderedIndexes];

/** Compares counts, indexes and references of whole collections; findings go beside the plan. */
export async function checkCollections(
  services: Services,
  input: CheckInput,
  signal: AbortSignal,
): Promise<CheckSummary> {
  const planned = await services.planned(input.id, input.planStamp);
  return await useEnds(services, input, planned.plan, signal, async (ends) =>
    checkOn(services, groundOf(planned, ends, input, signal)),
  );
}

async function checkOn(services: Services, ground: CheckGround): Promise<CheckSummary> {
  const { input, ends, signal } = ground;
  // Rows are counted by one server while documents are by the other.
  const opening = openContext(ground);
  // Until the first collection waits for it, a failure is nobody's.
  const opened = opening.catch(() => undefined);
  const isFull = input.request.validate === 'full';
  const checks = isFull ? [...ALWAYS, ...WHERE_VALIDATION_IS_FULL] : ALWAYS;
  const isOver = services.shift.begin();
  let checked = 0;
  try {
    await inParallel(ground.definitions, COLLECTIONS_AT_ONCE, async (definition) => {
      // At least some, so that the next step begins with others.
      if (checked >= COLLECTIONS_AT_ONCE && isOver()) return;
      checked++;
      const { table } = definition;
      const checkAll = async () => {
        const collection = await countCollection(ground, definition);
        const begun = await opening;
        for (const check of checks) await check(begun, collection);
      };
      const failures: Problem[] = [];
      await failAlone(signal, checkAll, (problem) => failures.push(problem));
      const { tally } = await opening;
      for (const { message, hint } of failures) {
        tally.unchecked.add(table);
        tally.addError('counts', table, `${message}. ${hint}`, { isFailure: true });
      }
    });
  } finally {
    // Nothing goes on being counted once this step has failed.
    await opened;
  }
  const begun = await opening;
  const { tally } = begun;
  const context = { ...begun, ...among(begun.definitions.slice(0, checked)) };
  for (const check of LATE) await check(context);
  // What was seen is said of the run's own collections only.
  const { lease } = ends;
  if (lease !== null) await ends.access({ collection: MARKER_COLLECTION }).command(1, () => lease.confirm());
  // Also an empty list: it replaces what an earlier check of these collections found.
  const { findings } = tally;
  await putRecord(services.blobs, blobPaths.finding(input.id, `checks-${input.from}`), FINDINGS, { findings });
  const next = begun.definitions[checked];
  const place = next === undefined ? {} : { next: begun.layout.collections.indexOf(next) };
  const { collections } = begun.layout;
  const surplus = tally.surplus.map(
    ({ definition, documents }) => [collections.indexOf(definition), documents] as const,
  );
  const { referencesHold } = tally;
  return { ...tally.summary(input.since !== null), ...place, ...(isFull ? { surplus, referencesHold } : {}) };
}

/** Collections to be checked, with the rows of others that stand in their documents. */
function among(definitions: readonly CollectionDefinition[]): Pick<CheckGround, 'definitions' | 'children'> {
  const children = definitions
    .filter(isWholeTable)
    .flatMap((definition) => definition.children.filter((child) => child.isCounted && child.where === null));
  return { definitions, children };
}

function groundOf({ plan, layout }: PlannedWork, ends: Ends, input: CheckInput, signal: AbortSignal): CheckGround {
  const definitions = layout.collections.slice(input.from, input.to).filter(({ table }) => !input.skip.includes(table));
  return { input, plan, layout, ends, signal, ...among(definitions) };
}

async function openContext(ground: CheckGround): Promise<CheckContext> {
  const { ends, definitions, children } = ground;
  const tables = [...new Set([...definitions.filter(isWholeTable), ...children].map(({ table }) => table))];
  const rows = await countTables(ends.source, ground, tables);
  return { ...ground, rows, tally: new CheckTally(rows), parents: new Map() };
}

async function countCollection(
  { input, ends }: CheckGround,
  definition: CollectionDefinition,
): Promise<CheckedCollection> {
  const { collection, joined } = definition;
  const access = ends.access(definition);
  const documents = await countAll(access);
  const made = joined === undefined ? null : await countJoined(ends.source, definition, joined, input.since);
  return { definition, access, documents, isShared: ends.shared.has(collection), made };
}
