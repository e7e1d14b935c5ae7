import { join } from 'node:path';
import { freePort } from '../../local/stack/freePort.ts';
import { onFreePort, startServer } from '../../local/stack/runningServer.ts';

/** A real `mlflow server` on 127.0.0.1. */
export interface MlflowServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Which store it serves; with `hasWorkspaces` each request names its workspace. */
export interface MlflowServerOptions {
  readonly name: string;
  readonly bin: string;
  readonly storeUri: string;
  readonly directory: string;
  readonly hasWorkspaces?: boolean;
  readonly onLog?: (line: string) => void;
}

const STOP = [{ signal: 'SIGTERM', waitMs: 5_000 }] as const;

/** Starts the server and waits until it takes requests. The store's URI goes by environment, because it holds a password. */
export async function startMlflowServer(options: MlflowServerOptions): Promise<MlflowServer> {
  return await onFreePort(undefined, freePort, async (port) => {
    const { server } = await startServer({
      name: options.name,
      file: join(options.bin, 'python'),
      args: [
        ...['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
        ...['--default-artifact-root', 's3://made-up-bucket/root', '--no-serve-artifacts'],
        ...(options.hasWorkspaces ? ['--enable-workspaces'] : []),
      ],
      env: {
        PATH: `${options.bin}:${process.env['PATH'] ?? ''}`,
        HOME: options.directory,
        MLFLOW_BACKEND_STORE_URI: options.storeUri,
        MLFLOW_REGISTRY_STORE_URI: options.storeUri,
        // 3.17 refuses a database with rollup rows otherwise.
        MLFLOW_SQL_TRACE_ROLLUPS_ENABLED: 'true',
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        ...(options.hasWorkspaces ? { MLFLOW_WORKSPACE_STORE_URI: options.storeUri } : {}),
        PYTHONUNBUFFERED: '1',
      },
      isReady: (line) => line.includes('Application startup complete'),
      stopSignals: STOP,
      ...(options.onLog === undefined ? {} : { onLog: options.onLog }),
    });
    return { url: `http://127.0.0.1:${port}`, stop: () => server.stop() };
  });
}
