import { MigrationError } from '../../errors.ts';
import { didYouMean } from '../didYouMean.ts';
import { redact, registerSecret } from '../redact.ts';

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

const honoured = (
  name: string,
  values: Values,
  note: string,
  refusedValues: MongoOption['refusedValues'] = {},
): MongoOption => ({ name, treatment: 'honoured', values, same: [], refusedValues, note, needs: null });

const needing = (name: string, values: Values, needs: MongoOption['needs']): MongoOption => ({
  ...honoured(name, values, `needs ${needs}`),
  needs,
});

const overridden = (
  name: string,
  values: Values,
  same: readonly string[],
  note: string,
  refusedValues: MongoOption['refusedValues'] = {},
): MongoOption => ({ name, treatment: 'overridden', values, same, refusedValues, note, needs: null });

const withoutEffect = (name: string, note: string): MongoOption => ({
  name,
  treatment: 'no effect',
  values: 'any text',
  same: [],
  refusedValues: {},
  note,
  needs: null,
});

const refused = (name: string, note: string): MongoOption => ({
  name,
  treatment: 'refused',
  values: 'any text',
  same: [],
  refusedValues: {},
  note,
  needs: null,
});

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
    false: 'remove it: acknowledged writes are what the proof stands on',
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
    '0': 'remove it: acknowledged writes are what the proof stands on',
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

const BY_NAME = new Map(MONGO_OPTIONS.map((option) => [option.name.toLowerCase(), option]));

const ONLY_ONE_OF = ['tlsinsecure', 'tlsallowinvalidcertificates', 'tlsallowinvalidhostnames'];

const shownKey = (key: string): string => (/^[\w.+-]{1,40}$/.test(key) ? redact(key) : '(a text that is no key)');

/** What is wrong with a value, and what to do; null where it is fine. */
const valueFault = (
  { name, values, refusedValues }: MongoOption,
  value: string,
): [what: string, hint: string] | null => {
  const parts = name === 'compressors' ? value.split(',') : [value];
  for (const [bad, hint] of Object.entries(refusedValues)) {
    const isBad = parts.some(
      (part) => part.trim().toLowerCase() === bad.toLowerCase() || (name === 'w' && /^0+$/.test(part)),
    );
    if (isBad) return [`asks for ${name}=${bad}, which this program cannot honour`, `For ${name}: ${hint}`];
  }
  if (value === '') return [`has ${name} without a value`, 'Correct or remove it'];
  if (name === 'compressors') {
    const isKnown = parts.every((part) => ['none', 'zlib', 'zstd'].includes(part));
    return isKnown ? null : ['has compressors that do not exist', 'One or several of none, zlib, zstd'];
  }
  if (values === 'any text') return null;
  if (values === 'boolean') {
    return /^(?:true|false)$/.test(value)
      ? null
      : [`has ${name} that is neither true nor false`, 'Correct or remove it'];
  }
  if (values === 'number') {
    const isLevel = name === 'zlibCompressionLevel';
    const isNumber = isLevel ? /^(?:-1|\d)$/.test(value) : /^\d{1,12}$/.test(value);
    if (isLevel && !isNumber) return [`has ${name} outside -1 to 9`, 'Correct or remove it'];
    return isNumber ? null : [`has ${name} that is no whole number`, 'Correct or remove it'];
  }
  const isKnown = values.some((known) => known.toLowerCase() === value.toLowerCase());
  return isKnown ? null : [`has ${name} with a value that does not exist`, `One of ${values.join(', ')}`];
};

/** The options of a URI by what becomes of them. */
export interface MongoOptionsRead {
  /** For the driver, under its names. */
  readonly handedOn: readonly (readonly [name: string, value: string])[];
  /** What the program overrides, as `name=value`, where it differs from what the program does. */
  readonly overridden: readonly string[];
}

/**
 * Reads the options of a MongoDB URI. Throws MigrationError('config') that lists by name all that are unknown, wrong or
 * cannot be honoured. Values are shown only of options that are overridden, and of those only harmless texts.
 */
export const readMongoOptions = (
  query: readonly (readonly [key: string, value: string])[],
  server: { readonly isSrv: boolean; readonly isAzure: boolean },
  label: string,
): MongoOptionsRead => {
  const { isSrv, isAzure } = server;
  const faults: string[] = [];
  const hints: string[] = [];
  const fail = (what: string, hint: string): void => {
    faults.push(`${label} ${what}`);
    hints.push(hint);
  };
  const handedOn: [string, string][] = [];
  const replaced: string[] = [];
  const seen = new Map<string, string>();
  for (const [key, value] of query) {
    const option = BY_NAME.get(key.toLowerCase());
    if (option === undefined) {
      const meant = didYouMean(
        key,
        [...BY_NAME.values()].filter(({ treatment }) => treatment !== 'refused').map(({ name }) => name),
      );
      const suggestion = meant === null ? '' : `; did you mean ${meant}?`;
      fail(`has the unknown option ${shownKey(key)}${suggestion}`, 'Correct or remove it');
      continue;
    }
    const { name, treatment } = option;
    const lower = name.toLowerCase();
    if (/password/i.test(name)) registerSecret(value);
    if (treatment === 'refused') {
      fail(`asks for ${name}, which this program cannot honour`, `For ${name}: ${option.note}`);
      continue;
    }
    if (seen.has(lower) && name !== 'readPreferenceTags') {
      fail(`has the option ${name} twice`, 'Write it once');
      continue;
    }
    seen.set(lower, value);
    const wrong = name === 'readPreferenceTags' ? null : valueFault(option, value);
    if (wrong !== null) fail(...wrong);
    else if (treatment === 'honoured') handedOn.push([name, value]);
    else if (treatment === 'overridden' && !option.same.some((same) => same.toLowerCase() === value.toLowerCase())) {
      const isWord = option.values !== 'any text' || /^[\w.:,-]{1,64}$/.test(value);
      replaced.push(isWord ? `${name}=${value}` : name);
    }
  }
  const [tls, ssl] = [seen.get('tls'), seen.get('ssl')];
  if (tls !== undefined && ssl !== undefined && tls !== ssl)
    fail('says one thing with tls and another with ssl', 'Keep tls alone');
  const hasTls = (tls ?? ssl ?? String(isSrv || isAzure)) === 'true';
  if (isAzure && !hasTls) fail('switches TLS off, without which Cosmos DB takes no connection', 'Remove tls=false');
  for (const { name, needs } of MONGO_OPTIONS.filter((option) => seen.has(option.name.toLowerCase()))) {
    if (needs === 'TLS' && !hasTls) {
      fail(`has ${name}, and TLS is not switched on`, 'Add tls=true, or remove the options of TLS');
    }
    if (needs === 'mongodb+srv://' && !isSrv) fail(`has ${name}, which is for mongodb+srv:// only`, 'Remove it');
  }
  if (seen.has('tlsinsecure') && ONLY_ONE_OF.filter((name) => seen.has(name)).length > 1) {
    fail('has tlsInsecure beside what it includes', 'Keep one of the options');
  }
  if (faults.length > 0)
    throw new MigrationError('config', faults.join('; '), { hint: [...new Set(hints)].join('; ') });
  return { handedOn, overridden: replaced };
};
