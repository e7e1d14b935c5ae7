/**
 * Azurite's blob service as a process: `node azuriteMain.ts <port> <directory> [--throw-away]`. Its own `azurite-blob` loads Application Insights
 * and the SQL drivers of a storage that nobody uses here, and so takes three times as long (2.0 s against 0.65 s) and twice the memory.
 */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

interface BlobServer {
  start(): Promise<void>;
  close(): Promise<void>;
  getHttpServerAddress(): string;
  readonly httpServer: HttpServer;
  readonly metadataStore: Catalogue;
  readonly extentMetadataStore: Catalogue;
}

/** What Azurite knows of its blobs: in memory, and in a file whenever it is saved. */
interface Catalogue {
  readonly db: { saveDatabase(done: (error?: Error) => void): void };
}

/** The arguments of Azurite's BlobConfiguration as far as they differ from its defaults. */
type BlobConfigurationArguments = [
  host: string,
  port: number,
  keepAliveTimeoutS: undefined,
  metadataFile: string,
  extentFile: string,
  locations: { locationId: string; locationPath: string; maxConcurrency: number }[],
  enableAccessLog: false,
  accessLogWriteStream: undefined,
  enableDebugLog: false,
  debugLogFile: undefined,
  isLoose: false,
  skipApiVersionCheck: true,
];

const TAKEOVER_TIMEOUT_MS = 15_000;

// Telemetry is off: all that Azurite does with this package then is to load it. Any object will do in its place.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'applicationinsights' ? { url: 'node:util', shortCircuit: true } : next(specifier, context),
});

const [port, directory, throwAway] = process.argv.slice(2);
if (port === undefined || directory === undefined)
  throw new Error('Usage: node azuriteMain.ts <port> <directory> [--throw-away]');

// Held as long as this process lives. An Azurite that was stopped a moment ago still writes its catalogue: wait for its end.
const lock = new DatabaseSync(join(directory, 'lock.sqlite'), { timeout: TAKEOVER_TIMEOUT_MS });
lock.exec('begin exclusive');

const require = createRequire(import.meta.url);
const { default: Configuration } = require('azurite/dist/src/blob/BlobConfiguration.js') as {
  default: new (...args: BlobConfigurationArguments) => object;
};
const { default: Server } = require('azurite/dist/src/blob/BlobServer.js') as {
  default: new (configuration: object) => BlobServer;
};

// The names of Azurite's own command, so that its data can be opened with that one too.
const configuration = new Configuration(
  '127.0.0.1',
  Number(port),
  undefined,
  join(directory, '__azurite_db_blob__.json'),
  join(directory, '__azurite_db_blob_extent__.json'),
  [{ locationId: 'Default', locationPath: join(directory, '__blobstorage__'), maxConcurrency: 50 }],
  false,
  undefined,
  false,
  undefined,
  false,
  true,
);
const server = new Server(configuration);
// The whole catalogue is written each time: with thousands of blobs that costs more than all else that Azurite does.
if (throwAway !== '--throw-away') server.httpServer.prependListener('request', saveBeforeAnswer);
await server.start();
process.stdout.write(`listening on ${server.getHttpServerAddress()}\n`);

process.once('SIGTERM', () => void server.close());

/**
 * Left alone, Azurite writes its catalogue every five seconds, and a kill loses the blobs of that time: a plan, a report, the
 * throughput that must be restored. Here no change is answered before it stands in the file.
 */
function saveBeforeAnswer(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const end = response.end.bind(response) as (...rest: unknown[]) => ServerResponse;
  response.end = (...rest: unknown[]) => {
    // A catalogue that cannot be written (a full disk) is the operator's to see, as Azurite's own failures are.
    const save = ({ db }: Catalogue, next: () => void) =>
      db.saveDatabase((error) => {
        if (error) process.stderr.write(`The catalogue could not be saved: ${error.message}\n`);
        next();
      });
    save(server.extentMetadataStore, () => save(server.metadataStore, () => end(...rest)));
    return response;
  };
}
