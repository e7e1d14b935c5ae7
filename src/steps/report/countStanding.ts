import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import { inParallel } from '../../runtime/inParallel.ts';
import type { PlannedWork, Services } from '../../runtime/services.ts';
import { countAll } from '../../target/countAll.ts';
import { MARKER_COLLECTION, readRevision } from '../../target/ownership.ts';
import { standingCollections } from '../../target/standingCollections.ts';
import { untilAborted } from '../../untilAborted.ts';
import { isRowPerDocument } from '../shared/rowsInDocuments.ts';
import { useEnds } from '../shared/useEnds.ts';

const COLLECTIONS_AT_ONCE = 3;
/** A report waits no longer for the counts of a target that is slow: it says then what the target acknowledged. */
const PATIENCE_MS = 45_000;
/** The same where the run has just met a target that does not answer. */
const PATIENCE_LOST_MS = 5_000;

/** Rows that stand in the target, by table: counted, or no fewer than so many. */
export interface Standing {
  readonly counted: Readonly<Record<string, number>>;
  /** Of tables whose rows share documents with joined ones, so that some documents may be no row of theirs. */
  readonly atLeast: Readonly<Record<string, number>>;
}

/** Whose rows are counted. */
interface CountedRun {
  readonly id: string;
  readonly request: MigrationRequest;
  readonly writer: string;
  /** Has the run ended as the target did not answer? Absent means no. */
  readonly isLost?: boolean;
}

/**
 * Rows that stand in the target, of tables that have collections of their own: rows inside of others' documents, or beside
 * other data, are told by no count. The revision stands there or not. Null where nothing can be counted: a run that has failed may have lost its target. Throws the reason of the signal.
 */
export async function countStanding(
  services: Services,
  { id, request, writer, isLost = false }: CountedRun,
  { plan, layout }: PlannedWork,
  asked: AbortSignal,
): Promise<Standing | null> {
  const signal = AbortSignal.any([asked, AbortSignal.timeout(isLost ? PATIENCE_LOST_MS : PATIENCE_MS)]);
  const counted: Record<string, number> = {};
  const atLeast: Record<string, number> = {};
  try {
    const counting = useEnds(services, { id, request, writer }, plan, signal, async ({ target, shared, access }) => {
      const { ids = {} } = await services.claim(id, writer);
      const standing = await standingCollections(target, Object.keys(ids));
      // What stands in place of a collection that was claimed is somebody else's.
      const others = new Set(standing.flatMap(({ name, uuid }) => (uuid === ids[name] ? [] : [name])));
      const count = async (definition: CollectionDefinition) => {
        const { collection, table, joined } = definition;
        const isAlone = isRowPerDocument(layout, table, shared);
        if (!isAlone && (joined === undefined || shared.has(collection))) return;
        const documentsOf = access(definition);
        const isOther = others.has(collection);
        const documents = isOther ? 0 : await countAll(documentsOf);
        if (isAlone) {
          counted[table] = (counted[table] ?? 0) + documents;
          return;
        }
        const filter = joined?.filter ?? {};
        const holding = isOther
          ? 0
          : await documentsOf.command(1, () => target.db.collection(collection).countDocuments(filter));
        for (const child of definition.children)
          if ('countAt' in child && child.table !== table) counted[child.table] = holding;
        if (holding === 0) counted[table] = documents;
        else atLeast[table] = documents - holding;
      };
      await inParallel(layout.collections, COLLECTIONS_AT_ONCE, count);
      const found = await access({ collection: MARKER_COLLECTION }).command(1, () =>
        readRevision(target, plan.identity, plan.layout.layout),
      );
      const isMarked = found?.join() === plan.schema.revisions.join();
      for (const [table, rows] of Object.entries(plan.tableRows))
        if (layout.markerTables.has(table)) counted[table] = isMarked ? rows : 0;
    });
    // Some of its questions hear no signal.
    await untilAborted(counting, signal);
  } catch (error) {
    asked.throwIfAborted();
    console.warn(
      `What stands in the target of ${id} was not counted: ${error instanceof Error ? error.name : 'unknown'}`,
    );
    return null;
  }
  return { counted, atLeast };
}
