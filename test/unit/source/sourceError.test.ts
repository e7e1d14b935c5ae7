import { expect, test } from 'vitest';
import { isPermanent } from '../../../src/errors.ts';
import { sourceError } from '../../../src/source/sourceError.ts';

const told = (code: string) => sourceError(Object.assign(new Error('text with a value'), { code }), 'db:5432/mlflow');

test.each([
  ['08006', 'a lost connection'],
  ['53300', 'no connection to spare'],
  ['53200', 'no memory'],
  ['57014', 'a statement timeout, or a query that somebody cancelled'],
  ['57P01', 'an administrator’s shutdown'],
  ['57P02', 'a crash'],
  ['57P03', 'a server that starts'],
  ['57P05', 'a session that was idle'],
  ['25P03', 'a transaction that was idle'],
  ['25P04', 'a transaction that took long'],
  ['40001', 'a conflict with recovery'],
  ['55P03', 'a table that is locked'],
  ['EAI_AGAIN', 'a resolver that does not answer'],
  ['ENOTFOUND', 'a name that there is not'],
  ['ECONNRESET', 'a cut connection'],
])('%s, %s, is tried again', (code) => {
  const error = told(code);
  expect(error.kind).toBe('source-unreachable');
  expect(isPermanent(error)).toBe(false);
  expect(error.message).toContain(code);
  expect(error.message).not.toContain('value');
});

test.each([
  ['28P01', 'a wrong password'],
  ['3D000', 'a database that there is not'],
  ['42501', 'a right that was taken away'],
  ['42P01', 'a table that was dropped'],
  ['42703', 'a column that was dropped'],
  ['22P02', 'anything else'],
])('%s, %s, stays', (code) => {
  const error = told(code);
  expect(error.kind).toBe('source-refused');
  expect(isPermanent(error)).toBe(true);
  expect(error.message).toContain(code);
});

test('a database that takes no connections is told as that, and the same code of a query is not', () => {
  const login = Object.assign(new Error('text with a value'), { code: '55000', routine: 'CheckMyDatabase' });
  expect(sourceError(login, 'db:5432/template0').message).toBe(
    'PostgreSQL at db:5432/template0 lets nobody into that database (55000)',
  );
  expect(told('55000').message).toContain('SQLSTATE 55000');
});

test('where the connection is closed before any answer, another program may be what listens there', () => {
  const closed = sourceError(new Error('Connection terminated unexpectedly'), 'db:27017/mlflow');
  expect(closed.kind).toBe('source-unreachable');
  expect(closed.hint).toContain('that it is PostgreSQL which answers there');
});

test.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'sslrootcert'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'sslrootcert'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'sslrootcert'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'sslrootcert'],
  ['CERT_HAS_EXPIRED', 'certificate'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'host name'],
])('a certificate that is not accepted, %s, stays and is told as that', (code, cure) => {
  const error = told(code);
  expect(error.kind).toBe('source-refused');
  expect(error.message).toBe(`The certificate of PostgreSQL at db:5432/mlflow was not accepted (${code})`);
  expect(error.hint).toContain(cure);
});

test.each(['EPROTO', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'])('a handshake that fails, %s, is told as that', (code) => {
  const error = told(code);
  expect(error.kind).toBe('source-refused');
  expect(error.message).toBe(`PostgreSQL at db:5432/mlflow and this program cannot agree on TLS (${code})`);
});

test('a server without TLS is told as that, and not tried again', () => {
  const error = sourceError(new Error('The server does not support SSL connections'), 'db:5432/mlflow');
  expect(error.kind).toBe('source-refused');
  expect(error.message).toBe(
    'PostgreSQL at db:5432/mlflow does not speak TLS, which sslmode of the source URI asks for',
  );
  expect(error.hint).toContain('sslmode');
});

test.each(['a string', 'a non-empty string'])(
  'a password that is asked for and not given, %s, is told as that',
  (what) => {
    const error = sourceError(
      new Error(`SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be ${what}`),
      'db:5432/mlflow',
    );
    expect(error.kind).toBe('source-refused');
    expect(error.message).toBe('PostgreSQL at db:5432/mlflow asks for a password, and the source URI has none');
    expect(error.hint).toContain('PGPASSWORD');
  },
);

test.each([
  ['53400', 'source-refused', 'temp_file_limit', 'ALTER ROLE'],
  ['53100', 'source-unreachable', 'disk', 'Make room'],
])('%s is told by what it means for reading', (code, kind, message, cure) => {
  const error = told(code);
  expect(error.kind).toBe(kind);
  expect(error.message).toContain(message);
  expect(error.message).toContain(code);
  expect(error.hint).toContain(cure);
});

// https://github.com/brianc/node-postgres/blob/master/packages/pg/lib/crypto/sasl.js: a pooler that hands SCRAM through wrongly.
test.each([
  'SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature is missing',
  'SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match',
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: server nonce does not start with client nonce',
  'SASL: Only mechanism(s) SCRAM-SHA-256 are supported',
])('a login that the server or a pooler does not complete is told as that: %s', (text) => {
  const error = sourceError(new Error(text), 'db:6432/mlflow');
  expect(error.kind).toBe('source-refused');
  expect(error.message).toBe(
    'PostgreSQL at db:6432/mlflow, or a pooler before it, does not complete the login with SCRAM as the protocol has it',
  );
  expect(error.hint).toContain('pooler');
});
