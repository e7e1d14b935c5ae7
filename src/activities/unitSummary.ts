import { sumOf } from '../contract/tableCounts.ts';
import type { UnitResult } from '../contract/unit.ts';
import type { LogFields } from '../runtime/logEvent.ts';

/** What the log tells of a unit: its counts, of which some are metrics too. */
export function unitSummary(result: UnitResult): LogFields {
  const { tables, throttled, bytes, requestUnits, remaining, failures, stop } = result;
  return {
    tables: Object.keys(tables).join(','),
    rows: sumOf(tables, 'migrated'),
    errors: sumOf(tables, 'errors'),
    bytes,
    throttled,
    requestUnits,
    left: remaining.length,
    failed: failures.length,
    stop,
  };
}
