import type { FoundSpan } from '../../../src/target/driverInternals.ts';

/** Documents as one reply holds them. */
export function spanOf(documents: readonly Buffer[]): FoundSpan {
  const starts = documents.map((_document, n) => Buffer.concat(documents.slice(0, n)).length);
  return { bytes: Buffer.concat(documents), starts, isWhole: true };
}
