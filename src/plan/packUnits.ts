import type { CollectionPlan, WorkUnit } from '../contract/plan.ts';

/** A unit of small tables ends at this many ranges: each costs a round trip or two to both ends. */
const MAX_RANGES_PER_UNIT = 24;

/**
 * Packs ranges into units of work: a large range is a unit of its own, small tables share one, up to the limits of a
 * range. Large units come first, so that the last ones to end are short.
 */
export function packUnits(
  collections: readonly CollectionPlan[],
  limits: { readonly maxRows: number; readonly maxBytes: number },
): WorkUnit[] {
  const pieces = collections.flatMap((collection, collectionIndex) =>
    collection.ranges.map((_range, rangeIndex) => ({
      position: [collectionIndex, rangeIndex] as const,
      rows: collection.rows / collection.ranges.length,
      bytes: collection.bytes / collection.ranges.length,
    })),
  );
  const weight = (piece: { rows: number; bytes: number }) =>
    Math.max(piece.rows / limits.maxRows, piece.bytes / limits.maxBytes);
  const ordered = pieces
    .map((piece) => ({ ...piece, weight: weight(piece) }))
    .sort((a, b) => b.weight - a.weight || a.position[0] - b.position[0] || a.position[1] - b.position[1]);
  const units: WorkUnit[] = [];
  let current: (readonly [number, number])[] = [];
  let filled = 0;
  for (const piece of ordered) {
    const isFull = current.length > 0 && (filled + piece.weight > 1 || current.length >= MAX_RANGES_PER_UNIT);
    if (isFull) {
      units.push({ ranges: current });
      current = [];
      filled = 0;
    }
    current.push(piece.position);
    filled += piece.weight;
  }
  if (current.length > 0) units.push({ ranges: current });
  return units;
}
