import type { DifferenceKind, Finding } from './migrationReport.ts';

/** One line of the file of differences: a row or document that differs, by its key. Never holds a value. */
export interface Difference {
  readonly table: string;
  /** `_id` of the document. */
  readonly key: string;
  readonly field?: string | undefined;
  readonly sourceType?: string | undefined;
  readonly targetType?: string | undefined;
  readonly kind: DifferenceKind;
  /** True where the document was written again and is equal now; absent where it stays as it is. */
  readonly repaired?: true;
  /** True where the document was deleted; absent where it stays. */
  readonly deleted?: true;
}

/** The difference that a finding tells of; null for one that is about no single row, or is no fault. */
export function differenceOf(finding: Finding): Difference | null {
  const { severity, table, key, field, sourceType, targetType } = finding;
  if (severity !== 'error' || key === undefined) return null;
  return { table, key, field, sourceType, targetType, kind: kindOf(finding) };
}

/** A difference as a line of JSON, with its end. */
export function differenceLine(difference: Difference): string {
  return `${JSON.stringify(difference)}\n`;
}

function kindOf({ check, kind }: Finding): DifferenceKind {
  if (kind !== undefined) return kind;
  if (check === 'copy') return 'refused';
  return check === 'counts' ? 'extra' : 'differs';
}
