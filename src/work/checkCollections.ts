import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import { isPermanent, MigrationError, toProblem } from '../errors.ts';
import { showKey } from '../mlflow/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { Finding } from '../report/model.ts';
import type { SourceDatabase } from '../source/client.ts';
import { countDocuments, countRows } from '../source/countRows.ts';
import { putJson } from '../storage/blobs.ts';
import { DocumentAccess } from '../target/documentAccess.ts';
import { checkIndexes } from '../target/indexes.ts';
import { readMarker } from '../target/marker.ts';
import { findExtraIds } from '../validation/extras.ts';
import { checkReference } from '../validation/references.ts';
import { blobPaths } from './blobPaths.ts';
import { countChanged } from './countChanged.ts';
import { inParallel } from './inParallel.ts';
import { batchLimits, openEnds } from './unitRanges.ts';
import type { Workplace } from './workplace.ts';

const COLLECTIONS_AT_ONCE = 3;
const MAX_EXTRAS_LISTED = 20;

/** Which of the checks over whole collections found something wrong. */
export interface CheckSummary {
  readonly counts: boolean;
  readonly indexes: boolean;
  readonly references: boolean;
  readonly findingCount: number;
  /** Rows of the tables that were counted. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Input of the checks: the collections from `from` up to `to`; references and indexes only where validation is full. */
export interface CheckInput {
  readonly id: string;
  readonly plan: string;
  readonly request: MigrationRequest;
  /** Transaction of the source at the beginning of the last pass: rows written since may or may not have arrived. */
  readonly since: string | null;
  /** Tables that failed for good: their findings stand already. */
  readonly skip: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** Compares counts, indexes and references of whole collections; findings go beside the plan. */
export async function checkCollections(
  workplace: Workplace,
  input: CheckInput,
  signal: AbortSignal,
): Promise<CheckSummary> {
  const { plan, layout } = await workplace.planned(input.id, input.plan);
  const { source, target, traits, pace } = await openEnds(workplace, input.request, plan, signal);
  const findings: Finding[] = [];
  const definitions = layout.collections.slice(input.from, input.to).filter(({ table }) => !input.skip.includes(table));
  const isFull = input.request.validate === 'full';
  const whole = definitions.filter(isWholeTable);
  const children = whole.flatMap((definition) =>
    definition.children.filter((child) => child.isCounted && child.where === null),
  );
  const counted = [...new Set([...whole, ...children].map(({ table }) => table))];
  const rows = await countTables(source, plan.schema.schema, counted);
  const checkOne = async (definition: CollectionDefinition) => {
    const access = new DocumentAccess(target, traits, pace, definition, { signal });
    const known = isWholeTable(definition) && !standsForOthers(definition) ? rows[definition.table] : undefined;
    const expected = known ?? (await source.read((client) => countDocuments(client, definition)));
    findings.push(...(await checkCount(source, access, definition, expected, input.since)));
    if (!isFull) return;
    for (const { message } of await access.command(1, () =>
      checkIndexes(target, traits, definition.collection, definition.indexes),
    )) {
      findings.push({ severity: 'error', check: 'indexes', table: definition.table, message });
    }
    for (const reference of definition.references) {
      if (input.skip.includes(reference.source.referencedTable)) continue;
      const countNewParents = async () => {
        const parent = layout.collections.find(({ collection }) => collection === reference.collection);
        if (input.since === null || parent === undefined) return 0;
        return (await countChanged(source, parent, input.since)).changed;
      };
      const { schema } = plan.schema;
      findings.push(...(await checkReference(source, schema, access, definition.table, reference, countNewParents)));
    }
  };
  await inParallel(definitions, COLLECTIONS_AT_ONCE, async (definition) => {
    try {
      await checkOne(definition);
    } catch (error) {
      // One table that cannot be read any more does not keep the others from being checked.
      if (signal.aborted || !isPermanent(error)) throw error;
      const { message, hint } = toProblem(error);
      findings.push({ severity: 'error', check: 'counts', table: definition.table, message: `${message}. ${hint}` });
    }
  });
  if (isFull) await listExtras(findings);
  // Also an empty list: it replaces what an earlier check of these collections found.
  await putJson(workplace.blobs, blobPaths.finding(input.id, `checks-${input.from}`), findings);
  const hasFailed = (check: Finding['check']) =>
    findings.some((finding) => finding.check === check && finding.severity === 'error');
  return {
    counts: hasFailed('counts'),
    indexes: hasFailed('indexes'),
    references: hasFailed('references'),
    findingCount: findings.length,
    rows,
  };

  /** Names the documents that no row has, where there are more documents than rows. */
  async function listExtras(found: Finding[]): Promise<void> {
    const surplus = found.filter(({ check, field }) => check === 'counts' && field === SURPLUS);
    for (const { table } of surplus) {
      const definition = definitions.find((candidate) => candidate.table === table);
      if (definition === undefined) continue;
      const access = new DocumentAccess(target, traits, pace, definition, { signal });
      const extras = await findExtraIds(source, access, definition, batchLimits(input.request.batchSize, traits));
      for (const key of extras.slice(0, MAX_EXTRAS_LISTED)) {
        const message = 'The document has no row';
        found.push({ severity: 'error', check: 'counts', table, key: showKey(key), message });
      }
    }
  }
}

/** Rows of the tables; one that cannot be counted any more is left out, and fails where it is asked for. */
async function countTables(
  source: SourceDatabase,
  schema: string,
  tables: readonly string[],
): Promise<Record<string, number>> {
  try {
    return await source.read((client) => countRows(client, schema, tables));
  } catch (error) {
    if (!isPermanent(error) || (error instanceof MigrationError && error.kind === 'interrupted')) throw error;
    if (tables.length <= 1) return {};
  }
  const middle = tables.length >> 1;
  const halves = [tables.slice(0, middle), tables.slice(middle)];
  return Object.assign({}, ...(await Promise.all(halves.map((half) => countTables(source, schema, half)))));
}

/** Marks the finding of a collection that has more documents than its table has rows. */
const SURPLUS = '_id';

/** Is each row of the table a document, so that the numbers can be compared? */
function isWholeTable(definition: CollectionDefinition): boolean {
  return definition.where === null;
}

/** Has the collection documents for rows of other tables than its own as well? */
function standsForOthers(definition: CollectionDefinition): boolean {
  return definition.children.some((child) => 'countAt' in child && child.table === definition.table);
}

async function checkCount(
  source: SourceDatabase,
  access: DocumentAccess,
  definition: CollectionDefinition,
  expected: number,
  since: string | null,
): Promise<Finding[]> {
  const found = await access.command(1, () =>
    access.target.db.collection(access.collection).countDocuments({}, { hint: '_id_' }),
  );
  if (found === expected) return [];
  if (since !== null && (definition.rowVersion ?? definition.rootVersion ?? null) !== null) {
    // A source that lives: rows that were written since the last pass began are the next catch-up's.
    const rows = await countChanged(source, definition, since);
    if (found <= rows.all && found >= rows.all - rows.changed) return [];
  }
  const numbers = `${found.toLocaleString('en-US')} documents for ${expected.toLocaleString('en-US')} rows`;
  // The last pass left no document without a row, unless the collections are shared: these rows vanished afterwards.
  if (
    since !== null &&
    found > expected &&
    (await access.command(1, () => readMarker(access.target)))?.isShared === false
  ) {
    const message = `The collection ${definition.collection} has ${numbers}: rows were deleted while the checks ran, --catch-up deletes their documents`;
    return [{ severity: 'note', check: 'counts', table: definition.table, message }];
  }
  return [
    {
      severity: 'error',
      check: 'counts',
      table: definition.table,
      ...(found > expected ? { field: SURPLUS } : {}),
      message: `The collection ${definition.collection} has ${numbers}`,
    },
  ];
}
