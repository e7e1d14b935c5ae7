import { addChildRows, type DocumentBatch, documentAt, idKey, showKey } from '../encoding/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import type { EqualDocuments } from '../target/equalDocuments.ts';
import { idValue } from '../target/idValue.ts';
import { STRANGER_REASON } from '../target/isStranger.ts';
import { replaceUnique, rowsOf, type UniqueRules } from '../target/replaceUnique.ts';
import { sizeRefusal } from '../target/targetTraits.ts';
import { fieldDifferences } from './fieldDifferences.ts';
import { addFinding } from './findingList.ts';
import { lossFindings } from './lossFindings.ts';
import type { RangeComparison } from './rangeComparison.ts';

/** What a comparison may write: nothing, or what differs; see {@link UniqueRules} for what it may do to other documents. */
export interface RepairRules extends Pick<UniqueRules, 'mayDisplace'> {
  readonly mayRepair: boolean;
  /** Is what was written again told as a difference? Not where rows have changed since they were compared. Absent means no. */
  readonly tellsRepairs?: boolean;
  /** Are only rows compared that have changed? Absent means no. */
  readonly isChange?: boolean;
  /** Waited for before documents are written. */
  readonly beforeRepair?: () => Promise<void>;
}

/** A range whose rows are compared with the documents of a collection, and what came of it so far. */
export interface Comparison {
  readonly access: DocumentAccess;
  /** Finds most of what is equal at the least cost. */
  readonly equal: EqualDocuments;
  readonly definition: CollectionDefinition;
  readonly rules: RepairRules;
  readonly result: RangeComparison;
}

/** Compares the documents of a batch with those of the target, repairs what differs once, and books what came of each row. */
export async function compareBatch(comparison: Comparison, batch: DocumentBatch): Promise<void> {
  const { access, equal, definition, rules, result } = comparison;
  bookRejected(comparison, batch);
  for (const finding of lossFindings(definition.table, batch, 'content', result.told)) addFinding(result, finding);
  const different = await findDifferent(access, batch, await equal.findOthers(batch));
  let unrepaired = new Set<number>();
  const wasDifferent = new Set(different.map(({ index }) => index));
  if (different.length > 0) {
    if (rules.mayRepair) await rules.beforeRepair?.();
    const refused = rules.mayRepair ? await repair(comparison, batch, different) : new Map<number, string>();
    const remaining = await findDifferent(
      access,
      batch,
      different.map(({ index }) => index),
    );
    unrepaired = new Set(remaining.map(({ index }) => index));
    for (const { index, actual } of different) {
      if (unrepaired.has(index)) continue;
      result.repaired++;
      if (rules.tellsRepairs === true) tellRepair(comparison, documentAt(batch, index), actual);
      addChildRows(result.childRepaired, batch.childRows[index]);
      if (actual !== undefined) continue;
      result.inserted++;
      addChildRows(result.childInserted, batch.childRows[index]);
    }
    const standing = new Map(remaining.map(({ index, actual }) => [index, actual]));
    for (const { index, actual } of different) {
      const expected = documentAt(batch, index);
      result.digest.addDifferent(expected, actual, unrepaired.has(index) ? standing.get(index) : expected);
    }
    for (const { index, actual } of remaining) {
      addChildRows(result.childFailed, batch.childRows[index]);
      describe(comparison, documentAt(batch, index), actual, refused.get(index) ?? null);
    }
  }
  for (let index = 0; index < batch.ends.length; index++) {
    if (!wasDifferent.has(index)) result.digest.addEqual(documentAt(batch, index));
    if (unrepaired.has(index)) continue;
    result.equal++;
    addChildRows(result.childEqual, batch.childRows[index]);
  }
}

/** A row that cannot be written is a fault of the copy, whichever step meets it; where nothing may be written, a difference. */
function bookRejected({ definition, rules, result }: Comparison, { rejected = [] }: DocumentBatch): void {
  for (const { key, reason, childRows } of rejected) {
    result.failed++;
    result.digest.addRefused();
    addChildRows(result.childFailed, childRows);
    addFinding(result, {
      severity: 'error',
      check: rules.mayRepair ? 'copy' : 'content',
      table: definition.table,
      ...(key === null ? {} : { key: showKey(key) }),
      kind: 'refused',
      message: reason,
    });
  }
}

interface Different {
  readonly index: number;
  readonly actual: Buffer | undefined;
}

/** Writes documents again; says why the target did not take some, by their position in the batch. */
async function repair(
  { access, definition, rules, result }: Comparison,
  batch: DocumentBatch,
  different: readonly Different[],
): Promise<Map<number, string>> {
  const refused = new Map<number, string>();
  const written: number[] = [];
  for (const { index, actual } of different) {
    if (actual !== undefined && access.isStranger(documentAt(batch, index), actual)) {
      refused.set(index, STRANGER_REASON);
      continue;
    }
    // One over the target's limit would fail the whole command.
    const refusal = sizeRefusal(documentAt(batch, index).length, access.traits);
    if (refusal === null) written.push(index);
    else refused.set(index, refusal);
  }
  const documents = written.map((index) => documentAt(batch, index));
  const onDisplace = () => {
    result.digest.hasDisplaced = true;
  };
  const unique = { indexes: definition.indexes, mayDisplace: rules.mayDisplace, onDisplace };
  for (const { index, reason } of await replaceUnique(access, documents, unique, rowsOf(batch))) {
    refused.set(written[index] as number, reason);
  }
  return refused;
}

async function findDifferent(
  access: DocumentAccess,
  batch: DocumentBatch,
  indexes: readonly number[],
): Promise<Different[]> {
  const keys = indexes.map((index) => idKey(documentAt(batch, index)));
  const found = await access.findByIds(keys.map(idValue));
  const different: Different[] = [];
  indexes.forEach((index, position) => {
    const expected = documentAt(batch, index);
    const actual = found.get(keys[position] as string);
    if (actual !== undefined && !access.isStranger(expected, actual)) {
      if (expected.equals(actual) || fieldDifferences(expected, actual).length === 0) return;
    }
    different.push({ index, actual });
  });
  return different;
}

/** Tells of a document that was missing or differed, and is equal now. */
function tellRepair({ definition, result }: Comparison, expected: Buffer, actual: Buffer | undefined): void {
  const { differences } = result;
  if (differences === undefined) return;
  const { table } = definition;
  const key = showKey(idKey(expected));
  if (actual === undefined) differences.add({ table, key, kind: 'missing', repaired: true });
  else {
    for (const { field, sourceType, targetType } of fieldDifferences(expected, actual, Number.POSITIVE_INFINITY))
      differences.add({ table, key, field, sourceType, targetType, kind: 'differs', repaired: true });
  }
}

function describe(
  { access, definition, result }: Comparison,
  expected: Buffer,
  actual: Buffer | undefined,
  refusal: string | null,
): void {
  const key = showKey(idKey(expected));
  const base = { severity: 'error', check: 'content', table: definition.table, key } as const;
  result.failed++;
  if (refusal !== null) {
    addFinding(result, { ...base, check: 'copy', message: refusal });
    return;
  }
  if (actual === undefined) {
    result.missing++;
    const oversize = sizeRefusal(expected.length, access.traits);
    addFinding(
      result,
      oversize === null
        ? { ...base, kind: 'missing', message: 'The row has no document' }
        : { ...base, kind: 'refused', message: oversize },
    );
    return;
  }
  result.different++;
  for (const difference of fieldDifferences(expected, actual, Number.POSITIVE_INFINITY)) {
    if (difference.isTypeDifference) result.hasTypeDifference = true;
    addFinding(result, {
      ...base,
      check: difference.isTypeDifference ? 'types' : 'content',
      field: difference.field,
      sourceType: difference.sourceType,
      targetType: difference.targetType,
      kind: 'differs',
      message: difference.isTypeDifference ? 'The field has another type' : 'The field has another value',
    });
  }
}
