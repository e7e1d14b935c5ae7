import type { MongoClientOptions } from 'mongodb';
import type { TargetRef } from '../../contract/migrationRequest.ts';
import { DATABASE_SCOPE, type GetToken, noToken } from '../azureCredential.ts';
import { displayOf } from '../displayConnection.ts';
import { registerSecret } from '../redact.ts';
import { checkMongoClient } from './checkMongoClient.ts';
import { checkTargetDatabase } from './checkTargetDatabase.ts';
import { clusterHost, isClusterHost, isCosmosHost } from './cosmosConnection.ts';
import { parseMongoUri } from './parseMongoUri.ts';

/** What MongoClient takes: `new MongoClient(uri, options).db(database)`. `uri` holds the password. */
export interface ResolvedMongo {
  readonly uri: string;
  readonly options: MongoClientOptions;
  /** Database to write to; the one in `uri`, if any, is where the login is looked up. */
  readonly database: string;
  /** `host:port/database`, for people. */
  readonly display: string;
  /** Options of the URI that the program overrides, such as `readPreference=secondary`; they are not in `uri`. */
  readonly overridden: readonly string[];
  /** As {@link TargetRef} says it. */
  readonly largeDocuments?: true;
}

/** The load balancer in front of Cosmos DB drops what is idle for four minutes (cosmos-facts §2). */
const COSMOS_MAX_IDLE_MS = 120_000;

/** A target whose URI is known; `label` is what holds it, `wanted` the database that the request asks for. Throws MigrationError('config'). */
export async function resolveMongoUri(text: string, label: string, wanted: string | null): Promise<ResolvedMongo> {
  const parsed = parseMongoUri(text, label);
  const database = wanted ?? parsed.database;
  checkTargetDatabase(database, wanted === null ? label : 'destination.database');
  const isRu = parsed.hosts.some(({ host }) => isCosmosHost(host));
  const isAzure = isRu || parsed.hosts.some(({ host }) => isClusterHost(host));
  const options: MongoClientOptions = {
    ...(isAzure ? { tls: true, retryWrites: false } : {}),
    ...(isAzure && !parsed.params.has('maxidletimems') ? { maxIdleTimeMS: COSMOS_MAX_IDLE_MS } : {}),
  };
  await checkMongoClient(parsed, options, label);
  return { uri: parsed.uri, options, database, display: displayOf(parsed, database), overridden: parsed.overridden };
}

/** A DocumentDB cluster to log in to with an identity: a token whenever the driver asks for one. Throws MigrationError('config'). */
export function resolveCluster(
  ref: Extract<TargetRef, { kind: 'cosmos-identity' }>,
  clientId: string | null,
  getToken: GetToken,
): ResolvedMongo {
  const host = clusterHost(ref.account);
  return {
    uri: `mongodb+srv://${host}/`,
    options: {
      tls: true,
      retryWrites: false,
      maxIdleTimeMS: COSMOS_MAX_IDLE_MS,
      authMechanism: 'MONGODB-OIDC',
      authMechanismProperties: {
        OIDC_CALLBACK: async () => {
          const { token, expiresOnTimestamp } = await getToken(DATABASE_SCOPE, clientId).catch((error: unknown) => {
            throw noToken(error, 'target', host);
          });
          registerSecret(token);
          const expiresInSeconds = Math.max(1, Math.floor((expiresOnTimestamp - Date.now()) / 1000));
          return { accessToken: token, expiresInSeconds };
        },
        // The driver's own list knows no Azure host. Narrow, as these hosts are handed a token.
        ALLOWED_HOSTS: [
          '*.mongocluster.cosmos.azure.com',
          '*.mongocluster.cosmos.azure.us',
          '*.mongocluster.cosmos.azure.cn',
        ],
      },
    },
    database: ref.database,
    display: `${host}/${ref.database}`,
    overridden: [],
  };
}
