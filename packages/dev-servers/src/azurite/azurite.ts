import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { makeDirectory } from '../makeDirectory.ts';
import { moduleFile } from '../process/moduleFile.ts';
import { onFreePort, type RunningServer, startServer } from '../process/runningServer.ts';
import { resolveOptional } from '../resolveOptional.ts';

export interface AzuriteOptions {
  /** Holds blobs and their catalogue; made when missing, gone on with when it holds some already. */
  readonly directory: string;
  /** For a restart on the port of before; otherwise the system chooses. */
  readonly port?: number | undefined;
  /** Base64; a new random one at each start unless given. */
  readonly accountKey?: string | undefined;
  /** A kill may lose the changes of the last five seconds; many blobs cost nothing then: for what nobody goes on with. */
  readonly isThrowAway?: boolean | undefined;
  readonly onLog?: ((line: string) => void) | undefined;
}

/** A blob store of one account; `connectionString` is what AzureWebJobsStorage wants. */
export interface RunningAzurite extends RunningServer {
  readonly connectionString: string;
}

const ACCOUNT = 'devstoreaccount1';

/** Starts Azurite's blob service (no queues, no tables) as a process of its own on 127.0.0.1, with a key that nobody else knows. */
export async function startAzurite(options: AzuriteOptions): Promise<RunningAzurite> {
  // Asked here, as the process below could only fail.
  resolveOptional('azurite/dist/src/blob/BlobServer.js', 'a storage account of your own');
  // The process below stands in the root directory.
  const directory = resolve(options.directory);
  makeDirectory(directory);
  const accountKey = options.accountKey ?? randomBytes(64).toString('base64');
  const main = moduleFile(import.meta, 'azuriteMain');
  const chooseItself = async (): Promise<number> => 0;
  return onFreePort(options.port, chooseItself, async (wantedPort) => {
    const { server, readyLine } = await startServer({
      name: 'Azurite',
      file: process.execPath,
      args: [
        '--disable-warning=ExperimentalWarning',
        main,
        String(wantedPort),
        directory,
        ...(options.isThrowAway ? ['--throw-away'] : []),
      ],
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', AZURITE_ACCOUNTS: `${ACCOUNT}:${accountKey}` },
      isReady: (line) => line.includes('listening on '),
      stopSignals: [{ signal: 'SIGTERM', waitMs: 5_000 }],
      onLog: options.onLog,
    });
    const { port } = new URL(readyLine.slice(readyLine.indexOf('http')));
    const endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
    return {
      ...server,
      port: Number(port),
      connectionString: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${accountKey};BlobEndpoint=${endpoint};`,
    };
  });
}
