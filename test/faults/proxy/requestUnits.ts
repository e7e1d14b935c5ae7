/** Size in bytes and request units, after Microsoft's table of April 2026 (cosmos-facts §9). */
const WRITE_TABLE: ReadonlyArray<readonly [bytes: number, units: number]> = [
  [1_024, 4.95],
  [2_048, 6.29],
  [4_096, 6.67],
  [8_192, 7.04],
  [16_384, 9.52],
  [32_768, 11.2],
  [65_536, 22.7],
  [131_072, 48],
  [262_144, 98],
  [524_288, 185],
  [1_048_576, 625],
  [2_097_152, 1_250],
];
/** 0.2 RU a term; about five terms an index make the 6 RU for a small document with `_id` only, and 10 with four more (§9, measured). */
const UNITS_PER_INDEX = 1;

/** What it costs to insert a document of this size into a collection with this many indexes, `_id` among them. */
export function insertUnits(bytes: number, indexes: number): number {
  return sizeUnits(bytes) + indexes * UNITS_PER_INDEX;
}

/** A replacement is a delete and an insert (§9). */
export function replaceUnits(bytes: number, indexes: number): number {
  return 2 * insertUnits(bytes, indexes);
}

/** A delete costs as an insert of a small document. */
export function deleteUnits(indexes: number): number {
  return insertUnits(0, indexes);
}

/**
 * What a page of results costs: 1 RU for a point read of 1 KB (§9). For longer pages the facts give nothing; this
 * is a guess that charges documents and bytes.
 */
export function readUnits(documents: number, bytes: number): number {
  return 1 + 0.1 * Math.max(0, documents - 1) + 0.04 * Math.max(0, bytes / 1_024 - 1);
}

function sizeUnits(bytes: number): number {
  let [lowBytes, lowUnits] = [0, WRITE_TABLE[0]?.[1] ?? 0];
  for (const [highBytes, highUnits] of WRITE_TABLE) {
    if (bytes <= highBytes) return lowUnits + ((highUnits - lowUnits) * (bytes - lowBytes)) / (highBytes - lowBytes);
    [lowBytes, lowUnits] = [highBytes, highUnits];
  }
  return (lowUnits * bytes) / lowBytes;
}
