import { defineConfig } from 'vitest/config';

/**
 * Every suite runs on servers that `test/support/servers.ts` starts once for the whole run. Three workers on
 * two cores, which also run PostgreSQL, mongod and Azurite: much of what is tested is waiting.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
    exclude: ['test/mlflow/**', 'node_modules/**'],
    globalSetup: ['test/support/servers.ts'],
    pool: 'forks',
    maxWorkers: 3,
    // A machine that is busy with other things takes several times as long; a test that hangs is still told.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
});
