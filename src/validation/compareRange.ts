import type { KeyRange } from '../contract/plan.ts';
import {
  addChildRows,
  type DocumentBatch,
  documentAt,
  idKey,
  type PoisonRow,
  showKey,
} from '../encoding/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { SourceDatabase } from '../source/client.ts';
import { type BatchLimits, readDocuments } from '../source/readDocuments.ts';
import { idValue } from '../target/client.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { sizeRefusal, type TargetTraits } from '../target/flavour.ts';
import { STRANGER_REASON } from '../target/strangers.ts';
import { replaceUnique, rowsOf, type UniqueRules } from '../target/uniqueConflicts.ts';
import { fieldDifferences } from './fieldDifferences.ts';
import { addFinding, type FindingList } from './findingList.ts';
import { lossFindings } from './lossFindings.ts';

/** Result of comparing one range. Counts are of rows. */
export interface RangeComparison extends FindingList {
  /** Rows whose document is there and equal at the end. */
  equal: number;
  /** Rows of child tables in such documents, by child. */
  readonly childEqual: number[];
  /** Rows whose document was missing or different and was written again, and was equal afterwards. */
  repaired: number;
  /** Rows of child tables in repaired documents, by child. */
  readonly childRepaired: number[];
  /** Those of the repaired rows whose document was missing; the others' was there and different. */
  inserted: number;
  readonly childInserted: number[];
  /** Rows whose document is still missing or different, or could not be made. */
  failed: number;
  /** Of the rows that failed, those that have no document, and those whose document is there and different: the others cannot be carried. */
  missing: number;
  different: number;
  /** Rows of child tables in such documents, by child. */
  readonly childFailed: number[];
  hasTypeDifference: boolean;
  /** Notes of {@link lossFindings} that were made. */
  readonly told: Set<string>;
}

/** What a comparison may write: nothing, or what differs; see {@link UniqueRules} for what it may do to other documents. */
export interface RepairRules extends Pick<UniqueRules, 'mayDisplace'> {
  readonly mayRepair: boolean;
}

/**
 * Reads a range's rows again, makes their documents again, and compares each with what the target holds, byte by byte;
 * where the bytes differ, field by field. Differences are repaired once and compared again; what remains is a finding.
 */
export async function compareRange(
  source: SourceDatabase,
  access: DocumentAccess,
  definition: CollectionDefinition,
  range: KeyRange,
  limits: BatchLimits,
  onProgress: (documents: number) => void,
  rules: RepairRules,
  /** Waits until the process has room for a batch; gives the function to call when it is done with. */
  admit: (batch: DocumentBatch) => Promise<() => void> = () => Promise.resolve(() => undefined),
): Promise<RangeComparison> {
  const result: RangeComparison = {
    equal: 0,
    childEqual: [],
    repaired: 0,
    childRepaired: [],
    inserted: 0,
    childInserted: [],
    failed: 0,
    missing: 0,
    different: 0,
    childFailed: [],
    hasTypeDifference: false,
    findings: [],
    unlisted: [0, 0, 0],
    told: new Set(),
  };
  // A row that cannot be written is a fault of the copy, whichever step meets it; where nothing may be written, a difference.
  const notCarried = rules.mayRepair ? 'copy' : 'content';
  const poison = (row: PoisonRow) => {
    result.failed++;
    addChildRows(result.childFailed, row.childRows);
    addFinding(result, {
      severity: 'error',
      check: notCarried,
      table: definition.table,
      ...(row.key === null ? {} : { key: showKey(row.key) }),
      kind: 'refused',
      message: row.reason,
    });
  };
  let running: Promise<void> = Promise.resolve();
  await readDocuments(source, definition, range, limits, {
    poison,
    // One batch is compared while the next is read.
    write: async (batch) => {
      await running;
      const release = await admit(batch);
      running = compareBatch(access, definition, batch, result, onProgress, rules).finally(release);
      // Its failure is met at the next `await running`; until then it must not count as unhandled.
      running.catch(() => undefined);
    },
  });
  await running;
  return result;
}

async function compareBatch(
  access: DocumentAccess,
  definition: CollectionDefinition,
  batch: DocumentBatch,
  result: RangeComparison,
  onProgress: (documents: number) => void,
  rules: RepairRules,
): Promise<void> {
  const all = batch.ends.map((_end, index) => index);
  for (const finding of lossFindings(definition.table, batch, 'content', result.told)) addFinding(result, finding);
  const different = await findDifferent(access, batch, all);
  let unrepaired = new Set<number>();
  if (different.length > 0) {
    const refused = rules.mayRepair
      ? await repair(access, definition, batch, different, rules)
      : new Map<number, string>();
    const remaining = await findDifferent(
      access,
      batch,
      different.map(({ index }) => index),
    );
    unrepaired = new Set(remaining.map(({ index }) => index));
    for (const { index, actual } of different) {
      if (unrepaired.has(index)) continue;
      result.repaired++;
      addChildRows(result.childRepaired, batch.childRows[index]);
      if (actual !== undefined) continue;
      result.inserted++;
      addChildRows(result.childInserted, batch.childRows[index]);
    }
    for (const { index, actual } of remaining) {
      addChildRows(result.childFailed, batch.childRows[index]);
      describe(definition, access.traits, documentAt(batch, index), actual, refused.get(index) ?? null, result);
    }
  }
  for (const index of all) {
    if (unrepaired.has(index)) continue;
    result.equal++;
    addChildRows(result.childEqual, batch.childRows[index]);
  }
  onProgress(all.length);
}

interface Different {
  readonly index: number;
  readonly actual: Buffer | undefined;
}

/** Writes documents again; says why the target did not take some, by their position in the batch. */
async function repair(
  access: DocumentAccess,
  { indexes }: CollectionDefinition,
  batch: DocumentBatch,
  different: readonly Different[],
  { mayDisplace }: RepairRules,
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
  for (const { index, reason } of await replaceUnique(access, documents, { indexes, mayDisplace }, rowsOf(batch))) {
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

function describe(
  definition: CollectionDefinition,
  traits: TargetTraits,
  expected: Buffer,
  actual: Buffer | undefined,
  refusal: string | null,
  result: RangeComparison,
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
    const oversize = sizeRefusal(expected.length, traits);
    addFinding(
      result,
      oversize === null
        ? { ...base, kind: 'missing', message: 'The row has no document' }
        : { ...base, kind: 'refused', message: oversize },
    );
    return;
  }
  result.different++;
  for (const difference of fieldDifferences(expected, actual)) {
    if (difference.isTypeDifference) result.hasTypeDifference = true;
    addFinding(result, {
      ...base,
      check: difference.isTypeDifference ? 'types' : 'content',
      field: difference.field,
      sourceType: difference.sourceType,
      targetType: difference.targetType,
      message: difference.isTypeDifference ? 'The field has another type' : 'The field has another value',
    });
  }
}
