import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../packages/dev-servers/src/process/freePort.ts';
import { signal } from '../faults/processTree.ts';
import { startGuarded } from './guardedCommand.ts';

/** What the store plugin needs to load under a newer MLflow. */
const RENAMED = fileURLToPath(new URL('python/renamed', import.meta.url));
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 250;

/** A real `mlflow server` on 127.0.0.1. */
export interface MlflowServer {
  readonly address: string;
  /** Returns when the server and the processes that it started have ended. */
  stop(): Promise<void>;
}

export interface MlflowServerOptions {
  readonly python: string;
  /** Of tracking and registry. Given by environment: command lines are for all to see. */
  readonly storeUri: string;
  readonly artifactDirectory: string;
  readonly hasWorkspaces: boolean;
}

/** Starts a server and waits until it answers. Throws with its last words when it ends before, or does not answer in time. */
export async function startMlflowServer(options: MlflowServerOptions): Promise<MlflowServer> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const command = await startGuarded({
    argv: [options.python, '-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
    cwd: options.artifactDirectory,
    env: {
      MLFLOW_BACKEND_STORE_URI: options.storeUri,
      MLFLOW_REGISTRY_STORE_URI: options.storeUri,
      MLFLOW_ARTIFACTS_DESTINATION: options.artifactDirectory,
      MLFLOW_ENABLE_WORKSPACES: String(options.hasWorkspaces),
      // A database that has used these says so in its rows, and does not open without.
      MLFLOW_SQL_TRACE_ROLLUPS_ENABLED: 'true',
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      MLFLOW_DISABLE_TELEMETRY: 'true',
      ...(options.storeUri.startsWith('mongodb') ? { PYTHONPATH: RENAMED } : {}),
    },
  });
  // mlflow starts uvicorn as a process of its own: both are of one group, whose leader is what was started.
  let hasEnded = false;
  const ended = command.result.finally(() => {
    hasEnded = true;
  });
  const stop = async (): Promise<void> => {
    signal(-command.pid, 'SIGTERM');
    await Promise.race([ended, wait(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    signal(-command.pid, 'SIGKILL');
    await ended;
    await command.release();
  };
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (!(await answers(`${address}/health`))) {
    if (!hasEnded && performance.now() < deadlineMs) {
      await wait(POLL_MS);
      continue;
    }
    await stop();
    throw new Error(`mlflow server did not start:\n${(await ended).stderr.slice(-2_000)}`);
  }
  return { address, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    // Not listening yet.
    return false;
  }
}
