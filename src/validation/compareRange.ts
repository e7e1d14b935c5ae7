import {
  addChildRows,
  type DocumentBatch,
  documentAt,
  idKey,
  type PoisonRow,
  showKey,
} from '../mlflow/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { KeyRange } from '../plan/plan.ts';
import type { Finding } from '../report/model.ts';
import type { SourceDatabase } from '../source/client.ts';
import { type BatchLimits, readDocuments } from '../source/readDocuments.ts';
import { idValue } from '../target/client.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { sizeRefusal } from '../target/flavour.ts';
import { fieldDifferences } from './fieldDifferences.ts';
import { lossFindings } from './lossFindings.ts';

/** Result of comparing one range. Counts are of rows. */
export interface RangeComparison {
  /** Rows whose document is there and equal at the end. */
  equal: number;
  /** Rows of child tables in such documents, by child. */
  readonly childEqual: number[];
  /** Rows whose document was missing or different and was written again, and was equal afterwards. */
  repaired: number;
  /** Rows of child tables in repaired documents, by child. */
  readonly childRepaired: number[];
  /** Rows whose document is still missing or different, or could not be made. */
  failed: number;
  /** Rows of child tables in such documents, by child. */
  readonly childFailed: number[];
  hasTypeDifference: boolean;
  readonly findings: Finding[];
}

/** Findings that one range may list; the rest is counted. */
const MAX_FINDINGS = 50;

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
  mayRepair: boolean,
): Promise<RangeComparison> {
  const result: RangeComparison = {
    equal: 0,
    childEqual: [],
    repaired: 0,
    childRepaired: [],
    failed: 0,
    childFailed: [],
    hasTypeDifference: false,
    findings: [],
  };
  // A row that cannot be written is a fault of the copy, whichever step meets it; where nothing may be written, a difference.
  const notCarried = mayRepair ? 'copy' : 'content';
  const poison = (row: PoisonRow) => {
    result.failed++;
    addChildRows(result.childFailed, row.childRows);
    addFinding(result, {
      severity: 'error',
      check: notCarried,
      table: definition.table,
      ...(row.key === null ? {} : { key: showKey(row.key) }),
      message: row.reason,
    });
  };
  let running: Promise<void> = Promise.resolve();
  await readDocuments(source, definition, range, limits, {
    poison,
    // One batch is compared while the next is read.
    write: async (batch) => {
      await running;
      running = compareBatch(access, definition, batch, result, onProgress, mayRepair);
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
  mayRepair: boolean,
): Promise<void> {
  const all = batch.ends.map((_end, index) => index);
  for (const finding of lossFindings(definition.table, batch, 'content')) addFinding(result, finding);
  const different = await findDifferent(access, batch, all);
  let unrepaired = new Set<number>();
  if (different.length > 0) {
    if (mayRepair) {
      // One over the target's limit would fail the whole command, and cannot be repaired anyhow.
      const repairable = different.map(({ index }) => documentAt(batch, index));
      await access.replace(repairable.filter(({ length }) => sizeRefusal(length, access.traits) === null));
    }
    const remaining = await findDifferent(
      access,
      batch,
      different.map(({ index }) => index),
    );
    unrepaired = new Set(remaining.map(({ index }) => index));
    for (const { index } of different) {
      if (unrepaired.has(index)) continue;
      result.repaired++;
      addChildRows(result.childRepaired, batch.childRows[index]);
    }
    for (const { index, actual } of remaining) {
      addChildRows(result.childFailed, batch.childRows[index]);
      const expected = documentAt(batch, index);
      const refusal = mayRepair ? sizeRefusal(expected.length, access.traits) : null;
      describe(definition, expected, actual, refusal, result);
    }
  }
  for (const index of all) {
    if (unrepaired.has(index)) continue;
    result.equal++;
    addChildRows(result.childEqual, batch.childRows[index]);
  }
  onProgress(all.length);
}

async function findDifferent(
  access: DocumentAccess,
  batch: DocumentBatch,
  indexes: readonly number[],
): Promise<{ index: number; actual: Buffer | undefined }[]> {
  const keys = indexes.map((index) => idKey(documentAt(batch, index)));
  const found = await access.findByIds(keys.map(idValue));
  const different: { index: number; actual: Buffer | undefined }[] = [];
  indexes.forEach((index, position) => {
    const expected = documentAt(batch, index);
    const actual = found.get(keys[position] as string);
    if (actual !== undefined && (expected.equals(actual) || fieldDifferences(expected, actual).length === 0)) return;
    different.push({ index, actual });
  });
  return different;
}

function describe(
  definition: CollectionDefinition,
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
    addFinding(result, { ...base, message: 'The row has no document' });
    return;
  }
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

function addFinding(result: RangeComparison, finding: Finding): void {
  const { findings } = result;
  if (findings.length < MAX_FINDINGS) findings.push(finding);
  else if (finding.severity === 'error') {
    // Notes never crowd an error out.
    const note = findings.findIndex(({ severity }) => severity === 'note');
    if (note >= 0) findings[note] = finding;
  }
}
