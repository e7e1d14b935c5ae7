import { MongoClient } from 'mongodb';
import { expect, test } from 'vitest';
import { MONGO_OPTIONS } from '../../../../src/config/mongo/mongoOptions.ts';
import { parseMongoUri } from '../../../../src/config/mongo/parseMongoUri.ts';
import { MigrationError } from '../../../../src/errors.ts';

const failureOf = (query: string, start = 'mongodb://h/db'): MigrationError => {
  try {
    parseMongoUri(`${start}?${query}`, 'Setting MONGODB_URI');
  } catch (error) {
    if (error instanceof MigrationError && error.kind === 'config') return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

/** A value that the driver takes, for every option that is handed to it. */
const VALUES: Readonly<Record<string, string>> = {
  authMechanism: 'SCRAM-SHA-256',
  authMechanismProperties: 'SERVICE_NAME:x',
  compressors: 'zlib,zstd',
  tlsInsecure: 'false',
};

const sampleOf = ({ name, values }: (typeof MONGO_OPTIONS)[number]): string => {
  if (VALUES[name] !== undefined) return VALUES[name];
  if (values === 'boolean') return 'true';
  if (values === 'number') return '1';
  return values === 'any text' ? 'text' : (values[0] ?? '');
};

test.each(MONGO_OPTIONS.filter(({ treatment }) => treatment === 'honoured'))(
  '$name is one of the driver, and reaches it',
  async (option) => {
    const isSrv = option.needs === 'mongodb+srv://';
    const needed = option.needs === 'TLS' ? '&tls=true' : '';
    const value = option.name === 'srvAllowedHostsSuffix' ? '.example.com' : sampleOf(option);
    const start = isSrv ? 'mongodb+srv://u:p@h.example.com/db' : 'mongodb://u:p@h/db';
    const { uri } = parseMongoUri(`${start}?${option.name.toUpperCase()}=${value}${needed}`, 'x');
    expect(uri).toContain(`${option.name}=`);
    // The driver refuses what it does not know.
    const isAllowed = !/^tls.*File$/.test(option.name);
    if (isAllowed) await new MongoClient(uri).close();
  },
);

test.each(MONGO_OPTIONS.filter(({ treatment }) => treatment === 'refused'))(
  '$name is refused by name',
  ({ name, note }) => {
    const failure = failureOf(`${name}=1`);
    expect(failure.message).toBe(`Setting MONGODB_URI asks for ${name}, which this program cannot honour`);
    expect(failure.hint).toBe(`For ${name}: ${note}`);
  },
);

test.each(MONGO_OPTIONS.filter(({ treatment }) => treatment === 'overridden' || treatment === 'no effect'))(
  '$name does not reach the driver, and is told where it is overridden',
  ({ name, treatment, values, same }) => {
    const list =
      values === 'boolean' ? ['true', 'false'] : values === 'number' ? ['7'] : values === 'any text' ? ['7'] : values;
    const value = list.find((one) => !same.includes(one)) ?? '';
    const read = parseMongoUri(`mongodb://h/db?${name}=${value}`, 'x');
    expect(read.uri).toBe('mongodb://h/db');
    expect(read.overridden).toEqual(treatment === 'overridden' ? [`${name}=${value}`] : []);
    for (const fine of same) expect(parseMongoUri(`mongodb://h/db?${name}=${fine}`, 'x').overridden).toEqual([]);
  },
);

test.each([
  ['readPrefrence=secondary', 'has the unknown option readPrefrence; did you mean readPreference?'],
  ['tlss=true', 'has the unknown option tlss; did you mean tls?'],
  ['raw=true', 'has the unknown option raw'],
  ['promoteValues=false', 'has the unknown option promoteValues'],
  ['w=0', 'asks for w=0, which this program cannot honour'],
  ['journal=false', 'asks for journal=false, which this program cannot honour'],
  ['compressors=zlib,snappy', 'asks for compressors=snappy, which this program cannot honour'],
  ['compressors=lz4', 'has compressors that do not exist'],
  ['authMechanism=GSSAPI', 'asks for authMechanism=GSSAPI, which this program cannot honour'],
  ['authMechanism=mongodb-aws', 'asks for authMechanism=MONGODB-AWS, which this program cannot honour'],
  ['authMechanism=SCRAM', 'has authMechanism with a value that does not exist'],
  ['readPreference=secondry', 'has readPreference with a value that does not exist'],
  ['tls=yes', 'has tls that is neither true nor false'],
  ['maxPoolSize=many', 'has maxPoolSize that is not a whole number'],
  ['compressors=zlib&zlibCompressionLevel=99', 'has zlibCompressionLevel outside -1 to 9'],
  ['replicaSet=', 'has replicaSet without a value'],
  ['replicaSet', 'has a parameter that is not key=value'],
  ['tls=true&tls=false', 'has the option tls twice'],
  ['tls=true&ssl=false', 'says one thing with tls and another with ssl'],
  ['tlsCAFile=/ca.pem', 'has tlsCAFile, and TLS is not switched on'],
  ['srvMaxHosts=2', 'has srvMaxHosts, which is for mongodb+srv:// only'],
  ['tls=true&tlsInsecure=true&tlsAllowInvalidHostnames=true', 'has tlsInsecure beside what it includes'],
])('refuses ?%s', (query, message) => {
  expect(failureOf(query).message).toContain(`Setting MONGODB_URI ${message}`);
});

test('on Azure TLS is on, and cannot be switched off', () => {
  const account = 'mongodb://acct:key@acct.mongo.cosmos.azure.com:10255/db';
  expect(parseMongoUri(`${account}?tlsAllowInvalidHostnames=false`, 'x').uri).toContain('tlsAllowInvalidHostnames');
  expect(failureOf('ssl=false', account).message).toBe(
    'Setting MONGODB_URI switches TLS off, without which Cosmos DB takes no connection',
  );
});

test('all faults are told at once, and no value', () => {
  const failure = failureOf('tlss=hunter22&w=0&tlsCertificateKeyFilePassword=hunter23');
  expect(failure.message).toMatch(/tlss.*w=0.*TLS is not switched on/);
  expect(`${failure.message} ${failure.hint}`).not.toContain('hunter2');
});
