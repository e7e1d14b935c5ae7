import { text } from 'node:stream/consumers';
import type { BlobServiceClient, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { MigrationError } from '../errors.ts';
import { untilAborted } from '../untilAborted.ts';
import type { BlobHold, ClearOptions, HoldingBlobStore } from './blobStore.ts';
import { isRestError, storageFailure } from './storageFailure.ts';

/** How to reach the storage account: a connection string (local), or the service's URL with an identity (Azure). */
export type BlobAccount =
  | { readonly connectionString: string }
  | { readonly serviceUrl: string; readonly clientId: string | undefined };

/** Container of reports and of everything else that a migration keeps. */
const REPORT_CONTAINER = 'migration-reports';

/** Shortest lease that the service gives, in seconds. */
const LEASE_SECONDS = 15;

/**
 * A use of storage ends after so long, with all that the SDK tries in it: by itself it waits for an answer for ever, as its
 * `tryTimeoutInMs` only tells the server how much time it has.
 */
const USE_LIMIT_MS = 60_000;

/** {@link HoldingBlobStore} in Azure Blob Storage or Azurite. The container is made at first use; failures are `storage-unavailable`. */
export class AzureBlobStore implements HoldingBlobStore {
  readonly #account: BlobAccount | null;
  readonly #limitMs: number;
  #container: Promise<ContainerClient> | null = null;
  /** Known once the account was opened. */
  #host: string | null = null;

  /** `null` where no storage is configured: every use then says so. */
  constructor(account: BlobAccount | null, limitMs = USE_LIMIT_MS) {
    this.#account = account;
    this.#limitMs = limitMs;
  }

  async put(path: string, content: string, contentType: string): Promise<void> {
    await this.#use(async (container, abortSignal) => {
      const body = Buffer.from(content, 'utf8');
      await container
        .getBlockBlobClient(path)
        .upload(body, body.length, { blobHTTPHeaders: { blobContentType: contentType }, abortSignal });
    });
  }

  async append(path: string, content: string): Promise<void> {
    await this.#use(async (container, abortSignal) => {
      const body = Buffer.from(content, 'utf8');
      const blob = container.getAppendBlobClient(path);
      try {
        await blob.appendBlock(body, body.length, { abortSignal });
      } catch (error) {
        if (!isRestError(error) || error.statusCode !== 404) throw error;
        const blobHTTPHeaders = { blobContentType: 'application/x-ndjson' };
        await blob.createIfNotExists({ blobHTTPHeaders, abortSignal });
        await blob.appendBlock(body, body.length, { abortSignal });
      }
    });
  }

  async get(path: string): Promise<string | null> {
    return await this.#use(async (container, abortSignal) => {
      try {
        // One request: a download in parts may mix two versions of a blob that is written meanwhile.
        const blob = container.getBlobClient(path);
        const { readableStreamBody } = await blob.download(undefined, undefined, { abortSignal });
        return readableStreamBody === undefined ? null : await text(readableStreamBody);
      } catch (error) {
        if (isRestError(error) && error.statusCode === 404) return null;
        throw error;
      }
    });
  }

  async list(prefix: string): Promise<string[]> {
    return (await this.#look(prefix)).map(({ path }) => path);
  }

  async clear(prefix: string, { except = [], check }: ClearOptions = {}): Promise<void> {
    const found = (await this.#look(prefix)).filter(({ path }) => !except.includes(path));
    await check?.();
    for (const { path, version } of found) {
      await this.#use((container, abortSignal) => deleteVersion(container, path, { version, abortSignal }));
    }
  }

  async hold(path: string): Promise<BlobHold | null> {
    return await this.#use(async (container, abortSignal) => {
      const blob = container.getBlockBlobClient(path);
      const lease = blob.getBlobLeaseClient();
      for (;;) {
        try {
          await lease.acquireLease(LEASE_SECONDS, { abortSignal });
          break;
        } catch (error) {
          if (!isRestError(error)) throw error;
          if (error.code === 'LeaseAlreadyPresent') return null;
          if (error.statusCode !== 404) throw error;
          await makeEmpty(blob, abortSignal);
        }
      }
      return {
        renew: () => this.#use(async (_container, signal) => void (await lease.renewLease({ abortSignal: signal }))),
        release: () =>
          this.#use(async (_container, signal) => void (await lease.releaseLease({ abortSignal: signal }))),
      };
    });
  }

  async #look(prefix: string): Promise<{ path: string; version: string }[]> {
    return await this.#use(async (container, abortSignal) => {
      const found: { path: string; version: string }[] = [];
      for await (const { name, properties } of container.listBlobsFlat({ prefix, abortSignal }))
        found.push({ path: name, version: properties.etag });
      return found;
    });
  }

  async #use<T>(work: (container: ContainerClient, abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    const account = this.#account;
    if (account === null) {
      throw new MigrationError('config', 'No storage account is configured', {
        hint: 'Set AzureWebJobsStorage to a connection string, or AzureWebJobsStorage__blobServiceUri for identity-based access',
      });
    }
    const abortSignal = AbortSignal.timeout(this.#limitMs);
    const used = async (): Promise<T> => {
      this.#container ??= this.#open(account, abortSignal);
      return await work(await this.#container, abortSignal);
    };
    try {
      // A credential may not hear the signal.
      return await untilAborted(used(), abortSignal);
    } catch (error) {
      this.#container = null;
      throw storageFailure(error, this.#host, abortSignal.aborted ? this.#limitMs : null);
    }
  }

  async #open(account: BlobAccount, abortSignal: AbortSignal): Promise<ContainerClient> {
    const service = await this.#service(account);
    this.#host = new URL(service.url).host;
    const container = service.getContainerClient(REPORT_CONTAINER);
    await container.createIfNotExists({ abortSignal });
    return container;
  }

  async #service(account: BlobAccount): Promise<BlobServiceClient> {
    // Loaded here: a quarter of the time that the app takes to load, and blobs may as well be files.
    const { BlobServiceClient } = await import('@azure/storage-blob');
    const retryOptions = { maxTries: 5, retryDelayInMs: 200, maxRetryDelayInMs: 5_000 };
    if ('connectionString' in account) {
      return BlobServiceClient.fromConnectionString(account.connectionString, { retryOptions });
    }
    const { DefaultAzureCredential } = await import('@azure/identity');
    const { serviceUrl, clientId } = account;
    const credential = new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId });
    return new BlobServiceClient(serviceUrl, credential, { retryOptions });
  }
}

/** Makes a blob unless it is there. */
async function makeEmpty(blob: BlockBlobClient, abortSignal: AbortSignal): Promise<void> {
  try {
    await blob.upload('', 0, { conditions: { ifNoneMatch: '*' }, abortSignal });
  } catch (error) {
    if (!isRestError(error) || (error.statusCode !== 409 && error.statusCode !== 412)) throw error;
  }
}

/** Deletes a blob unless it is gone or has been written again. */
async function deleteVersion(
  container: ContainerClient,
  path: string,
  { version, abortSignal }: { readonly version: string; readonly abortSignal: AbortSignal },
): Promise<void> {
  try {
    await container.getBlobClient(path).delete({ conditions: { ifMatch: version }, abortSignal });
  } catch (error) {
    if (!isRestError(error) || (error.statusCode !== 404 && error.statusCode !== 412)) throw error;
  }
}
