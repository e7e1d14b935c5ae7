/** Kinds of target that this program treats differently; `src/target/targetTraits.ts` tells which one answers. */
export const FLAVOURS = ['mongodb', 'cosmos-ru', 'documentdb'] as const;

export type Flavour = (typeof FLAVOURS)[number];

/** As people know them. */
export const FLAVOUR_NAMES: Readonly<Record<Flavour, string>> = {
  mongodb: 'MongoDB',
  'cosmos-ru': 'Azure Cosmos DB for MongoDB (request units)',
  documentdb: 'DocumentDB (Azure DocumentDB, Cosmos DB for MongoDB vCore, self-hosted)',
};

/** What a sentence calls the engine, wherever it runs. */
export const DOCUMENT_DB = 'DocumentDB';

/** Does a unique index over several fields cost each document there the more, the more documents there are (cosmos-facts.md §13)? */
export function hasDearUniqueIndexes(flavour: Flavour): boolean {
  return flavour === 'documentdb';
}

/** Does a target of that kind charge request units? For those who know a plan's flavour only; others ask `TargetTraits`. */
export function isCharged(flavour: Flavour): boolean {
  return flavour === 'cosmos-ru';
}

/** What a start request calls an account of Cosmos DB that the app logs in to by identity, the default first. */
export const ACCOUNT_FLAVOURS = ['ru', 'vcore'] as const;
