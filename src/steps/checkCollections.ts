import type { Finding } from '../contract/reportModel.ts';
import { findTable } from '../contract/sourceSchema.ts';
import type { CheckInput, CheckSummary, SeenRows } from '../contract/steps/checkCollections.ts';
import { showKey } from '../encoding/documentBatch.ts';
import { isPermanent, MigrationError, toProblem } from '../errors.ts';
import type { CollectionDefinition, JoinedDocuments } from '../mlflow/layouts/layout.ts';
import { MARKER_TABLES } from '../mlflow/layouts/tables/tablesLayout.ts';
import { quoteIdentifier } from '../quoteSql.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { inParallel } from '../runtime/inParallel.ts';
import type { Workplace } from '../runtime/workplace.ts';
import type { SourceDatabase } from '../source/client.ts';
import { countRows } from '../source/countRows.ts';
import { describeMisordered, findMisorderedIndexes } from '../source/indexOrder.ts';
import { putJson } from '../storage/blobs.ts';
import { DocumentAccess } from '../target/documentAccess.ts';
import { checkIndexes, createIndexes } from '../target/indexes.ts';
import { MARKER_COLLECTION, otherFilledCollections, readRevision } from '../target/ownership.ts';
import { displacedFindings } from '../validation/displacedFindings.ts';
import { findExtraIds } from '../validation/extras.ts';
import { checkReference } from '../validation/references.ts';
import { findUnplacedRows } from '../validation/unplacedRows.ts';
import {
  compareCounts,
  compareSeen,
  fitsAtOnce,
  isCountedOnce,
  isWholeTable,
  NOTHING_FOUND,
  show,
} from './compareCounts.ts';
import { countChanged } from './countChanged.ts';
import { countJoined, type JoinedCount } from './countJoined.ts';
import { isRowPerDocument } from './rowsInDocuments.ts';
import { batchLimits, openEnds } from './unitRanges.ts';

const COLLECTIONS_AT_ONCE = 3;
const MAX_EXTRAS_LISTED = 20;

/** Compares counts, indexes and references of whole collections; findings go beside the plan. */
export async function checkCollections(
  workplace: Workplace,
  input: CheckInput,
  signal: AbortSignal,
): Promise<CheckSummary> {
  const { plan, layout } = await workplace.planned(input.id, input.plan);
  const { source, target, traits, pace, lease, shared } = await openEnds(workplace, input, plan, signal);
  const findings: Finding[] = [];
  const unchecked = new Set<string>();
  const definitions = layout.collections.slice(input.from, input.to).filter(({ table }) => !input.skip.includes(table));
  const isFull = input.request.validate === 'full';
  const whole = definitions.filter(isWholeTable);
  const children = whole.flatMap((definition) =>
    definition.children.filter((child) => child.isCounted && child.where === null),
  );
  const joinedTables = new Set(children.flatMap((child) => ('countAt' in child ? [child.table] : [])));
  const counted = [...new Set([...whole, ...children].map(({ table }) => table))];
  const rows = await countTables(source, plan.schema.schema, counted);
  const totals = { ...rows };
  const documentsOf: Record<string, number> = {};
  const standing: Record<string, number> = {};
  const stale = new Set<string>();
  const surplus: CollectionDefinition[] = [];
  /** Tables of which fewer rows were read than there are. */
  const missing = new Set<string>();
  const unplaced: Record<string, number> = {};
  let orphansAsInSource = 0;
  let unlisted = 0;

  const checkOne = async (definition: CollectionDefinition) => {
    const access = new DocumentAccess(target, traits, pace, definition, { signal });
    const documents = await access.command(1, () =>
      target.db.collection(definition.collection).countDocuments({}, { hint: '_id_' }),
    );
    const isShared = shared.has(definition.collection);
    const { joined } = definition;
    const expected = joined === undefined ? null : await countJoined(source, definition, joined, input.since);
    const seen = isCountedOnce(layout, definition) ? (input.seen?.[definition.table] ?? null) : null;
    const result =
      seen === null
        ? await compareCounts(source, definition, documents, expected?.documents ?? null, rows, isShared, input.since)
        : fitsAtOnce(documents, seen, rows[definition.table])
          ? { ...NOTHING_FOUND, rows: documents }
          : await compareSeen(source, definition, documents, seen, isShared, input.since);
    findings.push(...result.findings);
    if (result.hasSurplus) surplus.push(definition);
    if (result.isMissing === true) {
      missing.add(definition.table);
      for (const child of definition.children) missing.add(child.table);
    }
    if (result.isStale === true) stale.add(definition.table);
    if (isRowPerDocument(layout, definition.table, shared)) {
      documentsOf[definition.table] = (documentsOf[definition.table] ?? 0) + documents;
    }
    if (joined !== undefined && expected !== null) {
      await checkJoined(access, definition, joined, expected, documents, isShared);
    }
    if (seen !== null && !isShared) {
      // Rows that came or went since the last pass began are not spoken of.
      const fits = result.findings.every(({ severity }) => severity === 'note');
      if (fits) totals[definition.table] = result.rows;
    }
    if (!isFull) return;
    if (lease !== null) findings.push(...(await displacedFindings(access, definition)));
    const check = () =>
      access.command(1, () => checkIndexes(target, traits, definition.collection, definition.indexes));
    let differences = await check();
    if (lease !== null && differences.length > 0) {
      // A unique index that documents of before the comparison stood in the way of.
      await lease.check();
      await access.command(1, () => createIndexes(target, traits, definition.collection, definition.indexes));
      differences = await check();
    }
    for (const { message } of differences) {
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
      const checked = await checkReference(source, schema, access, definition.table, reference, countNewParents);
      findings.push(...checked.findings);
      orphansAsInSource += checked.orphansAsInSource;
    }
  };
  await inParallel(definitions, COLLECTIONS_AT_ONCE, async (definition) => {
    try {
      await checkOne(definition);
    } catch (error) {
      // One table that cannot be read any more does not keep the others from being checked.
      if (signal.aborted || !isPermanent(error)) throw error;
      const { message, hint } = toProblem(error);
      unchecked.add(definition.table);
      findings.push({
        severity: 'error',
        check: 'counts',
        table: definition.table,
        isFailure: true,
        message: `${message}. ${hint}`,
      });
    }
  });
  if (input.from === 0 && !input.request.adoptTarget) {
    const access = new DocumentAccess(target, traits, pace, { collection: MARKER_COLLECTION }, { signal });
    const found = await access.command(1, () => readRevision(target, plan.identity, plan.layout.layout));
    for (const [table, revisions] of Object.entries(plan.tableRows)) {
      if (!MARKER_TABLES.has(table)) continue;
      const isEqual = found?.join() === plan.schema.revisions.join();
      documentsOf[table] = isEqual ? revisions : 0;
      if (isEqual) continue;
      const message = `The target has the revision ${found?.join(', ') || 'none'}, the source ${plan.schema.revisions.join(', ') || 'none'}`;
      findings.push({ severity: 'error', check: 'counts', table, message });
    }
  }
  if (input.from === 0 && input.request.tables === null) {
    const names = new Set(layout.collections.map(({ collection }) => collection));
    const access = new DocumentAccess(target, traits, pace, { collection: MARKER_COLLECTION }, { signal });
    for (const name of await access.command(1, () =>
      otherFilledCollections(target, plan.identity, plan.layout.layout, names),
    )) {
      const message = `An earlier run filled the collection ${name}, for which the source has no table now (dropped, renamed, or a partition of another): where its documents are not wanted, drop it in the target`;
      findings.push({ severity: 'error', check: 'schema', table: name, kind: 'extra', message });
    }
  }
  for (const table of new Set(children.map((child) => child.table))) {
    const seen = input.seen?.[table];
    // Rows of one workspace alone are not those that were counted.
    if (rows[table] === undefined || layout.scopes[table] !== undefined) continue;
    // Of joined rows alone a pass over changes sees only those of documents that were not there: the checks count them.
    const isJoined = joinedTables.has(table);
    // Where nothing was compared, no number tells whether all were read.
    const lost = input.seen === null && !isJoined ? await nameUnplaced(table) : 0;
    if (lost > 0) {
      const message = `Of ${show(rows[table] ?? 0)} rows that the source counts, ${show(lost)} ${lost === 1 ? 'stands' : 'stand'} in no document`;
      findings.push({ severity: 'error', check: 'counts', table, message });
    }
    if (seen === undefined) continue;
    if (isJoined && !definitions.some((definition) => definition.table === table)) continue;
    const missed = await childFindings(table, seen);
    findings.push(...missed);
    if (missed.length === 0 && !isJoined && unplaced[table] === undefined) totals[table] = seen[0] + seen[1];
  }
  await nameIndexes();
  if (isFull) await listExtras();
  // What was seen is said of the run's own collections only.
  if (lease !== null) {
    const access = new DocumentAccess(target, traits, pace, { collection: MARKER_COLLECTION }, { signal });
    await access.command(1, () => lease.confirm());
  }
  // Also an empty list: it replaces what an earlier check of these collections found.
  await putJson(workplace.blobs, blobPaths.finding(input.id, `checks-${input.from}`), findings);
  const hasFailed = (check: Finding['check']) =>
    findings.some((finding) => finding.check === check && finding.severity === 'error' && finding.isFailure !== true);
  return {
    counts: hasFailed('counts'),
    indexes: hasFailed('indexes'),
    references: hasFailed('references'),
    displaced: hasFailed('content'),
    findingCount: findings.length + unlisted,
    unlisted,
    rows: totals,
    documents: documentsOf,
    standing,
    stale: input.since === null ? [] : [...stale],
    orphansAsInSource,
    unchecked: [...unchecked],
    unplaced,
  };

  /** Documents that hold joined rows must be as many as the source has of them: more have lost what they were joined with. */
  async function checkJoined(
    access: DocumentAccess,
    definition: CollectionDefinition,
    joined: JoinedDocuments,
    expected: JoinedCount,
    documents: number,
    isShared: boolean,
  ): Promise<void> {
    const { collection, table } = definition;
    const holding = await access.command(1, () => target.db.collection(collection).countDocuments(joined.filter));
    const isFitting = holding >= expected.holding - expected.changed && (holding <= expected.holding || isShared);
    const tables = Object.keys(expected.rows);
    if (!isFitting) {
      const others = tables.filter((name) => name !== table).join(', ');
      const message = `The collection ${collection} has ${show(holding)} documents with rows of ${others}, and the source makes ${show(expected.holding)}`;
      findings.push({ severity: 'error', check: 'counts', table, message });
      stale.add(table);
    }
    const isShort = documents < expected.documents - expected.changed || holding < expected.holding - expected.changed;
    for (const name of tables) {
      if (isShort) missing.add(name);
      const rows = expected.rows[name] ?? 0;
      const off = name === table ? documents - expected.documents : holding - expected.holding;
      // Among other data nothing tells whose the documents are that are too many.
      standing[name] = Math.max(0, rows + (isShared ? Math.min(0, off) : off));
      const different = input.seen?.[name]?.[1] ?? 0;
      totals[name] = isFitting && different === 0 ? standing[name] : rows;
    }
  }

  /** Rows that stand in documents of others have no collection to be counted in: those that were compared must be those that the source counts. */
  async function childFindings(table: string, [equal, different]: SeenRows): Promise<Finding[]> {
    if (equal + different === rows[table]) return [];
    const known = findTable(plan.schema, table);
    const from = `${known?.hasHeirs === true ? 'only ' : ''}${quoteIdentifier(plan.schema.schema)}.${quoteIdentifier(table)} t`;
    const rowVersion = known?.canSample === true ? 't.xmin' : null;
    const counted = await countChanged(source, { from, where: null, rowVersion }, input.since ?? '0');
    const least = input.since === null ? counted.all : counted.all - counted.changed;
    if (equal + different >= least) return [];
    // Rows that are named one by one are no difference in numbers, nor what another pass or an index could bring.
    if (equal + different + (await nameUnplaced(table)) >= least) return [];
    missing.add(table);
    const message = `Of ${show(counted.all)} rows that the source counts, ${show(equal + different)} were read and stand in documents`;
    return [{ severity: 'error', check: 'counts', table, message }];
  }

  /** Names rows that have no parent in whose document they could stand, and says how many there are. */
  async function nameUnplaced(table: string): Promise<number> {
    let count = 0;
    for (const parent of layout.collections.filter(isWholeTable)) {
      for (const child of parent.children) {
        if (child.table !== table || !child.isCounted || child.where !== null || 'countAt' in child) continue;
        // Where the schema keeps no row from being there, those rows have a collection of their own.
        if (layout.collections.some((other) => other.table === table)) continue;
        const found = await findUnplacedRows(source, plan.schema, parent, child, input.request.validateOnly);
        findings.push(...found.findings);
        unlisted += found.count - found.findings.length;
        count += found.count;
      }
    }
    if (count > 0) unplaced[table] = count;
    return count;
  }

  /** Names the indexes by which rows were missed, where that is the reason. */
  async function nameIndexes(): Promise<void> {
    if (missing.size === 0) return;
    const broken = await source.read((client) => findMisorderedIndexes(client, plan.schema.schema, [...missing]));
    for (const index of broken) {
      findings.push({ severity: 'error', check: 'counts', table: index.table, message: describeMisordered(index) });
    }
  }

  /** Names the documents that no row has, where there are more documents than rows. */
  async function listExtras(): Promise<void> {
    for (const definition of surplus) {
      const access = new DocumentAccess(target, traits, pace, definition, { signal });
      const extras = await findExtraIds(source, access, definition, batchLimits(input.request.batchSize, traits));
      unlisted += Math.max(0, extras.length - MAX_EXTRAS_LISTED);
      for (const key of extras.slice(0, MAX_EXTRAS_LISTED)) {
        const message = 'The document has no row';
        findings.push({ severity: 'error', check: 'counts', table: definition.table, key: showKey(key), message });
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
