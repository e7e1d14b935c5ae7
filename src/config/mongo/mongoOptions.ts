type Values = 'any text' | 'boolean' | 'number' | readonly string[];

/** What becomes of one option of a MongoDB URI. */
export interface MongoOption {
  /** As the driver writes it; case does not count. */
  readonly name: string;
  /** `overridden`: the program has its own value, and says so where the URI wants another. `no effect`: only other clients know it. */
  readonly treatment: 'honoured' | 'overridden' | 'no effect' | 'refused';
  readonly values: Values;
  /** Values of an overridden option that say what the program does anyway. */
  readonly same: readonly string[];
  /** Values that cannot be honoured, and what to do instead. */
  readonly refusedValues: Readonly<Record<string, string>>;
  readonly note: string;
  /** What it does nothing without; refused where that is missing. */
  readonly needs: 'TLS' | 'mongodb+srv://' | null;
}

function honoured(
  name: string,
  values: Values,
  note: string,
  refusedValues: MongoOption['refusedValues'] = {},
): MongoOption {
  return { name, treatment: 'honoured', values, same: [], refusedValues, note, needs: null };
}

function needing(name: string, values: Values, needs: MongoOption['needs']): MongoOption {
  return {
    ...honoured(name, values, `needs ${needs}`),
    needs,
  };
}

function overridden(
  name: string,
  values: Values,
  same: readonly string[],
  note: string,
  refusedValues: MongoOption['refusedValues'] = {},
): MongoOption {
  return { name, treatment: 'overridden', values, same, refusedValues, note, needs: null };
}

function withoutEffect(name: string, note: string): MongoOption {
  return {
    name,
    treatment: 'no effect',
    values: 'any text',
    same: [],
    refusedValues: {},
    note,
    needs: null,
  };
}

function refused(name: string, note: string): MongoOption {
  return {
    name,
    treatment: 'refused',
    values: 'any text',
    same: [],
    refusedValues: {},
    note,
    needs: null,
  };
}

const TO_PRIMARY = 'reads go to the primary';
const MAJORITY_WRITES = 'writes wait for the majority, where the server has it';
const NO_PROXY = 'the module for SOCKS proxies is not part of this program; reach the server through a tunnel';
const MECHANISMS = [
  'DEFAULT',
  'SCRAM-SHA-1',
  'SCRAM-SHA-256',
  'MONGODB-X509',
  'PLAIN',
  'MONGODB-OIDC',
  'GSSAPI',
  'MONGODB-AWS',
] as const;
const NO_MECHANISM = 'log in with SCRAM-SHA-256 or MONGODB-X509: the module for this one is not part of this program';

/**
 * Every option that a MongoDB URI may have
 * (https://www.mongodb.com/docs/manual/reference/connection-string-options/). What the driver takes beyond these
 * (node_modules/mongodb/lib/connection_string.js) is meant for programs, not for URIs, and some of it would change how
 * documents are read. docs/reference/connections.md is compared with this list.
 */
export const MONGO_OPTIONS: readonly MongoOption[] = [
  honoured('appName', 'any text', 'shown in the logs of the server'),
  honoured('authMechanism', MECHANISMS, 'SCRAM-SHA-1, SCRAM-SHA-256, MONGODB-X509, PLAIN, MONGODB-OIDC', {
    GSSAPI: NO_MECHANISM,
    'MONGODB-AWS': NO_MECHANISM,
  }),
  honoured('authMechanismProperties', 'any text', 'with authMechanism'),
  honoured('authSource', 'any text', 'database that the login is looked up in'),
  honoured('autoSelectFamily', 'boolean', 'addresses of both families are tried'),
  honoured('compressors', 'any text', 'none, zlib, zstd', {
    snappy: 'write zlib or zstd: the module for snappy is not part of this program',
  }),
  honoured('connectTimeoutMS', 'number', '10,000 by default'),
  honoured('directConnection', 'boolean', 'with one host'),
  honoured('family', ['4', '6'], 'addresses of one family only'),
  honoured('heartbeatFrequencyMS', 'number', 'how often servers are looked at'),
  honoured('loadBalanced', 'boolean', 'behind a load balancer of MongoDB'),
  honoured('localThresholdMS', 'number', 'among several mongos'),
  honoured('maxConnecting', 'number', 'connections opened at once'),
  honoured('maxIdleTimeMS', 'number', '120,000 by default'),
  honoured('maxPoolSize', 'number', 'connections at most'),
  honoured('minHeartbeatFrequencyMS', 'number', 'how often servers are looked at, at most'),
  honoured('replicaSet', 'any text', 'name of the replica set'),
  honoured('serverMonitoringMode', ['auto', 'poll', 'stream'], 'how servers are watched'),
  honoured('serverSelectionTimeoutMS', 'number', '8,000 by default'),
  honoured('socketTimeoutMS', 'number', 'silence after which a connection is given up'),
  needing('srvMaxHosts', 'number', 'mongodb+srv://'),
  needing('srvServiceName', 'any text', 'mongodb+srv://'),
  needing('srvAllowedHostsSuffix', 'any text', 'mongodb+srv://'),
  honoured('ssl', 'boolean', 'as tls'),
  honoured('tls', 'boolean', 'on by default for mongodb+srv:// and Azure'),
  needing('tlsAllowInvalidCertificates', 'boolean', 'TLS'),
  needing('tlsAllowInvalidHostnames', 'boolean', 'TLS'),
  needing('tlsCAFile', 'any text', 'TLS'),
  needing('tlsCertificateKeyFile', 'any text', 'TLS'),
  needing('tlsCertificateKeyFilePassword', 'any text', 'TLS'),
  needing('tlsCRLFile', 'any text', 'TLS'),
  needing('tlsInsecure', 'boolean', 'TLS'),
  honoured('waitQueueTimeoutMS', 'number', 'how long to wait for a connection of the pool'),
  honoured('zlibCompressionLevel', 'number', 'with compressors=zlib'),
  honoured('journal', ['true'], 'writes wait for the journal', {
    false: 'remove it: the proof rests on acknowledged writes',
  }),
  overridden(
    'readPreference',
    ['primary', 'primaryPreferred', 'secondary', 'secondaryPreferred', 'nearest'],
    ['primary'],
    TO_PRIMARY,
  ),
  overridden('readPreferenceTags', 'any text', [], TO_PRIMARY),
  overridden('maxStalenessSeconds', 'any text', ['-1'], TO_PRIMARY),
  overridden(
    'readConcernLevel',
    ['local', 'majority', 'available', 'linearizable', 'snapshot'],
    ['majority'],
    'reads see what the majority has, where the server has it',
  ),
  overridden('w', 'any text', ['majority'], MAJORITY_WRITES, {
    '0': 'remove it: the proof rests on acknowledged writes',
  }),
  overridden('wtimeoutMS', 'number', ['0'], MAJORITY_WRITES),
  overridden('wtimeout', 'number', ['0'], MAJORITY_WRITES),
  overridden('retryWrites', 'boolean', ['false'], 'this program repeats writes itself, as it knows which were refused'),
  overridden('minPoolSize', 'number', ['0'], 'connections are opened when they are needed'),
  overridden('retryReads', 'boolean', ['true'], 'reads may always be repeated'),
  withoutEffect('uuidRepresentation', 'this program writes no UUIDs'),
  withoutEffect('tz_aware', 'dates are written, never read as local time'),
  withoutEffect('connect', 'when a Python client connects'),
  refused('j', 'write journal'),
  refused('fsync', 'write journal'),
  refused('timeoutMS', 'the driver ignores it; write serverSelectionTimeoutMS or socketTimeoutMS'),
  refused('gssapiServiceName', NO_MECHANISM),
  refused('proxyHost', NO_PROXY),
  refused('proxyPort', NO_PROXY),
  refused('proxyUsername', NO_PROXY),
  refused('proxyPassword', NO_PROXY),
];
