import type { Flavour } from '../../src/contract/flavour.ts';

/** A target to simulate. */
export interface TargetModel {
  readonly flavour: Flavour;
  /** Cores of the server; 0 where request units are what counts. */
  readonly cores: number;
  /** RU/s; null where the target has no such limit. */
  readonly requestUnitsPerSecond: number | null;
  /** Share of the documents that one partition gets beyond its part. */
  readonly hotShare: number;
  /** Are unique indexes over several fields made as such where they are dear (`--unique-indexes all`)? By default those of these tables are not. */
  readonly hasDearIndexes: boolean;
}

/** A plain mongod with so many cores: its CPU a row is that of the bench, and it is taken to use all of them. */
export function mongod(cores: number): TargetModel {
  return { flavour: 'mongodb', cores, requestUnitsPerSecond: null, hotShare: 0, hasDearIndexes: false };
}

/** Cosmos DB for MongoDB with request units, which all collections share. */
export function requestUnits(perSecond: number, hotShare = 0): TargetModel {
  return { flavour: 'cosmos-ru', cores: 0, requestUnitsPerSecond: perSecond, hotShare, hasDearIndexes: false };
}

/** Azure DocumentDB, once vCore: see documentDb.ts for what it makes of a row. */
export function documentDb(cores: number, hasDearIndexes = false): TargetModel {
  return { flavour: 'documentdb', cores, requestUnitsPerSecond: null, hotShare: 0, hasDearIndexes };
}
