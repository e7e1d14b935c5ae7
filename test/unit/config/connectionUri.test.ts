import { expect, test } from 'vitest';
import { displayOf } from '../../../src/config/displayConnection.ts';
import { parseMongoUri } from '../../../src/config/mongo/parseMongoUri.ts';
import { parsePostgresUri } from '../../../src/config/postgres/parsePostgresUri.ts';
import { redact } from '../../../src/config/redact.ts';
import { MigrationError } from '../../../src/errors.ts';

/** The MigrationError that a call throws. */
const failureOf = (call: () => unknown): MigrationError => {
  try {
    call();
  } catch (error) {
    if (error instanceof MigrationError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

test.each([
  ['postgresql://u:p@db.example:6543/mlflow?sslmode=require', 'db.example:6543/mlflow'],
  ['postgres://u@db.example/mlflow', 'db.example:5432/mlflow'],
  ['postgresql+psycopg2://u:p@db/mlflow', 'db:5432/mlflow'],
  ['postgresql://u:p@[::1]:5433/mlflow', '[::1]:5433/mlflow'],
  ['postgresql:///mlflow?host=/var/run/postgresql', '/var/run/postgresql:5432/mlflow'],
  ['postgresql://u:p@a:1,b:2/mlflow', 'a:1,b:2/mlflow'],
  ['postgresql://h?dbname=mlflow&user=u', 'h:5432/mlflow'],
  ['mongodb://h', 'h:27017/mlflow_migrated'],
  ['mongodb://h:27018/?retryWrites=false', 'h:27018/mlflow_migrated'],
  ['mongodb://h1:1,h2/db?replicaSet=rs', 'h1:1,h2:27017/db'],
  ['mongodb+srv://u:p@cluster0.abc.mongodb.net/db', 'cluster0.abc.mongodb.net/db'],
  [
    'mongodb://acct:KEY==@acct.mongo.cosmos.azure.com:10255/?ssl=true&appName=@acct@',
    'acct.mongo.cosmos.azure.com:10255/mlflow_migrated',
  ],
])('shows %s as host, port and database', (uri, shown) => {
  const parsed = /^mongodb/.test(uri) ? parseMongoUri(uri, 'target') : parsePostgresUri(uri, 'source');
  expect(displayOf(parsed)).toBe(shown);
});

test('reads user and password, also when they are not percent-encoded', () => {
  expect(parsePostgresUri('postgresql://us%40er:p%2Fw@h/db', 'x')).toMatchObject({ user: 'us@er', password: 'p/w' });
  expect(parsePostgresUri('postgresql://u:p@s/s?w:rd%@h/db', 'x')).toMatchObject({
    user: 'u',
    password: 'p@s/s?w:rd%',
    database: 'db',
  });
  expect(parseMongoUri('mongodb://u:a/b+c==@h:1/db?appName=1', 'x')).toMatchObject({
    password: 'a/b+c==',
    uri: 'mongodb://u:a%2Fb%2Bc%3D%3D@h:1/db?appName=1',
  });
});

test('keeps the login database of a URI without one by adding none', () => {
  expect(parseMongoUri('mongodb://u:pw@h?appName=x', 'x')).toMatchObject({
    uri: 'mongodb://u:pw@h/?appName=x',
    database: 'mlflow_migrated',
  });
});

test('a plus in the query is a space to SQLAlchemy, and a plus to libpq', () => {
  const options = (scheme: string) => parsePostgresUri(`${scheme}://h/db?options=-c+search_path%3Dml`, 'x', {}).params;
  expect(options('postgresql+psycopg2').get('options')).toBe('-c search_path=ml');
  expect(options('postgresql').get('options')).toBe('-c+search_path=ml');
});

test('registers the password for redaction, but not one that equals a name shown by design', () => {
  parsePostgresUri('postgresql://u:canary-4711@h/db', 'x');
  parsePostgresUri('postgresql://mlflow:mlflow@h/mlflow', 'x');
  expect(redact('canary-4711 mlflow')).toBe('*** mlflow');
});

test.each([
  ['db.example:5432/mlflow', 'POSTGRES_URI is not a connection URI: it has no scheme such as postgresql://'],
  ['', 'POSTGRES_URI is empty'],
  ['user:hunter22@db/mlflow', 'POSTGRES_URI is not a connection URI: it has no scheme such as postgresql://'],
  ['mysql://u:hunter22@db/mlflow', 'POSTGRES_URI has the scheme mysql://, expected postgresql://'],
  ['postgresql://u:hunter22@db:99999/mlflow', 'POSTGRES_URI has a port outside 1 to 65535'],
  ['postgresql://u:hunter22@db', 'POSTGRES_URI names no database'],
])('refuses the source %s without repeating it', (uri, message) => {
  const failure = failureOf(() => parsePostgresUri(uri, 'POSTGRES_URI'));
  expect(failure.kind).toBe('config');
  expect(failure.message).toBe(message);
  expect(`${failure.message} ${failure.hint} ${failure.stack}`).not.toContain('hunter22');
});

test.each([
  ['localhost:27017', '--mongodb-uri is not a connection URI: it has no scheme such as mongodb://'],
  ['postgresql://u:hunter22@h/db', '--mongodb-uri has the scheme postgresql://, expected mongodb://'],
  ['mongodb:///db', '--mongodb-uri names no host'],
  ['mongodb+srv://u:hunter22@h:27017/db', '--mongodb-uri is a mongodb+srv:// URI, which takes one host without a port'],
  ['mongodb://h/admin', '--mongodb-uri names the database admin, which MongoDB reserves'],
  ['mongodb://h/a.b', '--mongodb-uri has a database name that MongoDB does not allow'],
])('refuses the target %s without repeating it', (uri, message) => {
  const failure = failureOf(() => parseMongoUri(uri, '--mongodb-uri'));
  expect(failure.message).toBe(message);
  expect(`${failure.message} ${failure.hint}`).not.toContain('hunter22');
});

test('tells a swapped source and target', () => {
  expect(failureOf(() => parsePostgresUri('mongodb://h/db', 'x')).hint).toBe('Source and target seem to be swapped');
});
