/**
 * The DocumentDB engine takes documents at half of mongod's speed to all of it (trials of its open-source build, 0.108, PostgreSQL 15.20,
 * two shared cores, 27 November 2026): the middle. What its indexes take is told by src/plan/indexBuildTime.ts.
 */
export const SPEED_AGAINST_MONGOD = 0.75;
