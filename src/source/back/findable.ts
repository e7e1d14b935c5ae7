/**
 * Values of a query's parameters as PostgreSQL takes them. A text with a zero byte is in no row, and refused as a parameter: NULL stands
 * for it, which finds nothing.
 */
export function findable(values: readonly unknown[]): unknown[] {
  return values.map((value) => {
    if (Array.isArray(value)) return findable(value);
    return typeof value === 'string' && value.includes('\0') ? null : value;
  });
}
