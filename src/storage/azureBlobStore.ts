import { text } from 'node:stream/consumers';
import type { BlobServiceClient, BlockBlobClient, ContainerClient, RestError } from '@azure/storage-blob';
import { MigrationError } from '../errors.ts';
import type { BlobHold, ClearOptions, HoldingBlobStore } from './blobStore.ts';

/** How to reach the storage account: a connection string (local), or the service's URL with an identity (Azure). */
export type BlobAccount =
  | { readonly connectionString: string }
  | { readonly serviceUrl: string; readonly clientId: string | undefined };

/** Container of reports and of everything else that a migration keeps. */
const REPORT_CONTAINER = 'migration-reports';

/** Shortest lease that the service gives, in seconds. */
const LEASE_SECONDS = 15;

/** Asked by name, as the class is not loaded before the first use. */
function isRestError(error: unknown): error is RestError {
  return error instanceof Error && error.name === 'RestError';
}

/** {@link HoldingBlobStore} in Azure Blob Storage or Azurite. The container is made at first use; failures are `storage-unavailable`. */
export class AzureBlobStore implements HoldingBlobStore {
  readonly #account: BlobAccount | null;
  #container: Promise<ContainerClient> | null = null;

  /** `null` where no storage is configured: every use then says so. */
  constructor(account: BlobAccount | null) {
    this.#account = account;
  }

  async put(path: string, content: string, contentType: string): Promise<void> {
    await this.#use(async (container) => {
      const body = Buffer.from(content, 'utf8');
      await container
        .getBlockBlobClient(path)
        .upload(body, body.length, { blobHTTPHeaders: { blobContentType: contentType } });
    });
  }

  async append(path: string, content: string): Promise<void> {
    await this.#use(async (container) => {
      const body = Buffer.from(content, 'utf8');
      const blob = container.getAppendBlobClient(path);
      try {
        await blob.appendBlock(body, body.length);
      } catch (error) {
        if (!isRestError(error) || error.statusCode !== 404) throw error;
        await blob.createIfNotExists({ blobHTTPHeaders: { blobContentType: 'application/x-ndjson' } });
        await blob.appendBlock(body, body.length);
      }
    });
  }

  async get(path: string): Promise<string | null> {
    return await this.#use(async (container) => {
      try {
        // One request: a download in parts may mix two versions of a blob that is written meanwhile.
        const { readableStreamBody } = await container.getBlobClient(path).download();
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
    await this.#use(async (container) => {
      for (const { path, version } of found) await deleteVersion(container, path, version);
    });
  }

  async hold(path: string): Promise<BlobHold | null> {
    return await this.#use(async (container) => {
      const blob = container.getBlockBlobClient(path);
      const lease = blob.getBlobLeaseClient();
      for (;;) {
        try {
          await lease.acquireLease(LEASE_SECONDS);
          break;
        } catch (error) {
          if (!isRestError(error)) throw error;
          if (error.code === 'LeaseAlreadyPresent') return null;
          if (error.statusCode !== 404) throw error;
          await makeEmpty(blob);
        }
      }
      return {
        renew: () => this.#use(async () => void (await lease.renewLease())),
        release: () => this.#use(async () => void (await lease.releaseLease())),
      };
    });
  }

  async #look(prefix: string): Promise<{ path: string; version: string }[]> {
    return await this.#use(async (container) => {
      const found: { path: string; version: string }[] = [];
      for await (const { name, properties } of container.listBlobsFlat({ prefix }))
        found.push({ path: name, version: properties.etag });
      return found;
    });
  }

  async #use<T>(work: (container: ContainerClient) => Promise<T>): Promise<T> {
    const account = this.#account;
    if (account === null) {
      throw new MigrationError('config', 'No storage account is configured', {
        hint: 'Set AzureWebJobsStorage to a connection string, or AzureWebJobsStorage__blobServiceUri for identity-based access',
      });
    }
    try {
      this.#container ??= this.#open(account);
      return await work(await this.#container);
    } catch (error) {
      this.#container = null;
      const status = isRestError(error) ? (error.statusCode ?? error.code) : undefined;
      throw new MigrationError(
        'storage-unavailable',
        `Blob storage did not answer as expected${status === undefined ? '' : ` (${status})`}`,
        {
          cause: error,
        },
      );
    }
  }

  async #open(account: BlobAccount): Promise<ContainerClient> {
    const container = (await this.#service(account)).getContainerClient(REPORT_CONTAINER);
    await container.createIfNotExists();
    return container;
  }

  async #service(account: BlobAccount): Promise<BlobServiceClient> {
    // Loaded here: a quarter of the time that the app takes to load, and blobs may as well be files.
    const { BlobServiceClient } = await import('@azure/storage-blob');
    const retryOptions = { maxTries: 5, tryTimeoutInMs: 15_000, retryDelayInMs: 200, maxRetryDelayInMs: 5_000 };
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
async function makeEmpty(blob: BlockBlobClient): Promise<void> {
  try {
    await blob.upload('', 0, { conditions: { ifNoneMatch: '*' } });
  } catch (error) {
    if (!isRestError(error) || (error.statusCode !== 409 && error.statusCode !== 412)) throw error;
  }
}

/** Deletes a blob unless it is gone or has been written again. */
async function deleteVersion(container: ContainerClient, path: string, version: string): Promise<void> {
  try {
    await container.getBlobClient(path).delete({ conditions: { ifMatch: version } });
  } catch (error) {
    if (!isRestError(error) || (error.statusCode !== 404 && error.statusCode !== 412)) throw error;
  }
}
