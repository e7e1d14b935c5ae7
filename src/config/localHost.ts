import type { Environment } from './environment.ts';

/**
 * Setting by which the command tells the app what its local host does: `looks` only shows what is stored, so what stands
 * there as running has no process that does it; `works` is the one process that does all of it, so nothing is interrupted
 * while it answers. Missing in a deployed app, where other instances work too.
 */
export const LOCAL_HOST = 'MLFLOW_MIGRATE_LOCAL_HOST';

/** The value of {@link LOCAL_HOST}. */
export type LocalHost = 'looks' | 'works';

/** What the local host that this process belongs to does; undefined in a deployed app. */
export function localHost(env: Environment = process.env): LocalHost | undefined {
  const value = env[LOCAL_HOST];
  return value === 'looks' || value === 'works' ? value : undefined;
}
