import type { ConnectionRef, TargetRef } from '../contract/migrationRequest.ts';
import { MigrationError } from '../errors.ts';
import { checkAllowed } from './allowedConnections.ts';
import { type GetToken, type GetVaultSecret, getAzureToken, getAzureVaultSecret } from './azureCredential.ts';
import type { Environment } from './environment.ts';
import { checkTargetDatabase } from './mongo/checkTargetDatabase.ts';
import { fetchAccountUri } from './mongo/cosmosConnection.ts';
import { type ResolvedMongo, resolveCluster, resolveMongoUri } from './mongo/resolveMongo.ts';
import { type ResolvedPostgres, resolvePostgresServer, resolvePostgresUri } from './postgres/resolvePostgres.ts';
import { readSecret } from './readSecret.ts';
import { readSettings } from './schemas/settings.ts';
import { createSecretCache } from './secretCache.ts';

/**
 * Makes connections of the names that stand in requests. Secrets are kept for a few minutes: see
 * {@link file://./secretCache.ts}.
 */
export interface ConnectionResolver {
  /** Throws MigrationError; an unreachable server is not one yet, the driver will tell. */
  readonly resolvePostgres: (ref: ConnectionRef) => Promise<ResolvedPostgres>;
  readonly resolveMongo: (ref: ConnectionRef) => Promise<ResolvedMongo>;
  /** Throws MigrationError('config') where a connection goes by a secret that is not there or holds nothing. */
  readonly requireSecret: (ref: ConnectionRef) => Promise<void>;
  /** Drops cached secrets and keys, to be called after a refused login: keys may have been rotated. */
  readonly forget: () => void;
}

/** What the resolver reaches outside of this process, replaced in tests. */
export interface ResolverDeps {
  readonly getToken?: GetToken;
  readonly getVaultSecret?: GetVaultSecret;
  readonly fetch?: typeof fetch;
}

function wrongKind(ref: ConnectionRef, wanted: string): MigrationError {
  return new MigrationError('internal', `A connection of kind ${ref.kind} was given for the ${wanted}`);
}

function largeDocumentsOf({ largeDocuments }: TargetRef): Pick<ResolvedMongo, 'largeDocuments'> {
  return largeDocuments === undefined ? {} : { largeDocuments };
}

/** Turns names of connections into what the drivers take. Reads settings and secrets when asked, not before. */
export function createConnectionResolver(env: Environment, deps: ResolverDeps = {}): ConnectionResolver {
  const { getToken = getAzureToken, getVaultSecret = getAzureVaultSecret, fetch: fetchUrl = fetch } = deps;
  const cache = createSecretCache();

  const resolvePostgres = async (ref: ConnectionRef): Promise<ResolvedPostgres> => {
    checkAllowed(ref, readSettings(env).allowedConnections);
    if (ref.kind === 'secret') {
      if (!('schema' in ref)) throw wrongKind(ref, 'source');
      const { uri, label } = await readSecret(ref.secret, 'source-unreachable', env, cache, getVaultSecret);
      return resolvePostgresUri(uri, label, ref.schema, env);
    }
    if (ref.kind !== 'postgres-identity') throw wrongKind(ref, 'source');
    return resolvePostgresServer(ref, env, getToken);
  };

  const resolveMongo = async (ref: ConnectionRef): Promise<ResolvedMongo> => {
    const settings = readSettings(env);
    checkAllowed(ref, settings.allowedConnections);
    if (ref.kind === 'secret') {
      if (!('database' in ref)) throw wrongKind(ref, 'target');
      const large = largeDocumentsOf(ref);
      const { uri, label } = await readSecret(ref.secret, 'target-unreachable', env, cache, getVaultSecret);
      return { ...(await resolveMongoUri(uri, label, ref.database)), ...large };
    }
    if (ref.kind !== 'cosmos-identity') throw wrongKind(ref, 'target');
    checkTargetDatabase(ref.database, 'destination.database');
    const clientId = ref.clientId ?? settings.clientId;
    if (ref.flavour === 'vcore') return resolveCluster(ref, clientId, getToken);
    const place = {
      subscription: ref.subscription ?? settings.subscription,
      resourceGroup: ref.resourceGroup ?? settings.resourceGroup,
      clientId,
    };
    const large = largeDocumentsOf(ref);
    const key = `account ${place.subscription} ${place.resourceGroup} ${ref.account}`;
    const uri = await cache.get(key, () => fetchAccountUri(ref, place, getToken, fetchUrl));
    return { ...(await resolveMongoUri(uri, `The connection string of ${ref.account}`, ref.database)), ...large };
  };

  const requireSecret = async (ref: ConnectionRef): Promise<void> => {
    if (ref.kind === 'secret') await readSecret(ref.secret, 'source-unreachable', env, cache, getVaultSecret);
  };

  return { resolvePostgres, resolveMongo, requireSecret, forget: cache.forget };
}
