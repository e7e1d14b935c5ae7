import { MigrationError } from '../../errors.ts';
import { keepSecret } from '../redact.ts';
import { type HostPort, MONGO_EXAMPLE, splitUri } from '../splitUri.ts';
import { checkTargetDatabase, DEFAULT_DATABASE } from './checkTargetDatabase.ts';
import { isClusterHost, isCosmosHost } from './cosmosConnection.ts';
import { readMongoOptions } from './readMongoOptions.ts';

/** A MongoDB URI in parts, percent-decoded. Keys of `params` are lower-case. */
export interface ParsedMongoUri {
  readonly kind: 'mongodb';
  readonly hosts: readonly HostPort[];
  readonly user: string | null;
  readonly password: string | null;
  readonly isSrv: boolean;
  /** Database to write to; {@link DEFAULT_DATABASE} where the URI names none. */
  readonly database: string;
  /** Lower-case, without those that the program overrides or that only other clients know. */
  readonly params: ReadonlyMap<string, string>;
  /** The same URI with these options alone, and user and password percent-encoded, as the driver demands. Holds the password. */
  readonly uri: string;
  /** Options of the URI that the program overrides, such as `readPreference=secondary`. */
  readonly overridden: readonly string[];
}

/**
 * Reads a MongoDB URI (also SRV and replica-set forms) and registers its password for redaction. `label` names the option,
 * setting or secret that holds it. Throws MigrationError('config') with a message that repeats nothing of the URI but its scheme.
 */
export function parseMongoUri(text: string, label: string): ParsedMongoUri {
  const parts = splitUri(text, 'mongodb', label);
  const { hosts, user, password } = parts;
  const isSrv = parts.scheme === 'mongodb+srv';
  const isAzure = hosts.some(({ host }) => isCosmosHost(host) || isClusterHost(host));
  keepSecret(password, [user, parts.path, ...hosts.map(({ host }) => host)]);
  if (hosts.length === 0 || hosts.some(({ host }) => host === '')) {
    throw new MigrationError('config', `${label} names no host`, { hint: MONGO_EXAMPLE });
  }
  if (isSrv && (hosts.length > 1 || hosts[0]?.port !== null)) {
    throw new MigrationError('config', `${label} is a mongodb+srv:// URI, which takes one host without a port`, {
      hint: MONGO_EXAMPLE,
    });
  }
  const database = parts.path === '' ? DEFAULT_DATABASE : parts.path;
  checkTargetDatabase(database, label);
  const { handedOn, overridden } = readMongoOptions(parts.query, { isSrv, isAzure }, label);
  const login = password === null ? '' : `:${encodeURIComponent(password)}`;
  const userInfo = user === null ? '' : `${encodeURIComponent(user)}${login}@`;
  const query = handedOn.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
  const tail = query === '' ? parts.rawPath : `${parts.rawPath || '/'}?${query}`;
  return {
    kind: 'mongodb',
    isSrv,
    hosts,
    user,
    password,
    database,
    params: new Map(handedOn.map(([key, value]) => [key.toLowerCase(), value])),
    overridden,
    uri: `${parts.scheme}://${userInfo}${parts.authority}${tail}`,
  };
}

/**
 * Database that a URI names to write to; null where it names none. The one behind a login is where that is looked up, unless
 * authSource says so, and goes with another one to write to.
 */
export function namedDatabase({ uri, user, params, database }: ParsedMongoUri): string | null {
  const isNamed = /^[a-z+]+:\/\/[^/]*\/[^?]/.test(uri);
  return isNamed && (user === null || params.has('authsource')) ? database : null;
}
