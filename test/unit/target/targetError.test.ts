import { MongoNetworkError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import { expect, test } from 'vitest';
import { isPermanent } from '../../../src/errors.ts';
import { failureKind } from '../../../src/target/failureKind.ts';
import { targetError } from '../../../src/target/targetError.ts';

const coded = (fields: object) => Object.assign(new Error('text with a value'), fields);
type Reason = ConstructorParameters<typeof MongoServerSelectionError>[1];
const selection = (cause: Error) =>
  new MongoServerSelectionError(cause.message, { error: cause, servers: new Map([['h:1', {}]]) } as unknown as Reason);
const none = { servers: new Map(), setName: 'rs0' } as unknown as Reason;

test.each([
  ['a name that there is not', coded({ code: 'ENOTFOUND', syscall: 'querySrv' }), /cannot be resolved \(ENOTFOUND\)/],
  ['a resolver that is away', coded({ code: 'ECONNREFUSED', syscall: 'querySrv' }), /cannot be resolved/],
  [
    'an address look-up that fails',
    selection(new MongoNetworkError('getaddrinfo EAI_AGAIN h')),
    /cannot be resolved \(EAI_AGAIN\)/,
  ],
  ['a server that does not run', selection(new MongoNetworkError('connect ECONNREFUSED 1.2.3.4:1')), /ECONNREFUSED/],
  ['a set that no host is of', new MongoServerSelectionError('timed out', none), /member of the replica set rs0$/],
  [
    'a pool that is used up',
    Object.defineProperty(coded({}), 'name', { value: 'MongoWaitQueueTimeoutError' }),
    /became free/,
  ],
  ['a failover', new MongoServerError({ message: 'x', code: 10_107 }), /cannot serve now \(code 10107\)/],
])('%s is tried again', (_what, cause, message) => {
  expect(failureKind(cause)).toBe('unknown');
  const error = targetError(cause, 'db:27017/mlflow');
  expect(error.kind).toBe('target-unreachable');
  expect(isPermanent(error)).toBe(false);
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain('value');
  // Also once it is this program's own.
  expect(failureKind(error)).toBe('unknown');
});

test('where nothing answers as MongoDB does, another program may be what listens there', () => {
  const silent = targetError(selection(new MongoNetworkError('connection 1 to 1.2.3.4:5432 closed')), 'db:5432/x');
  expect(silent.message).toContain('no server answered in time');
  expect(silent.hint).toContain('that it is MongoDB which answers there');
  const refused = targetError(selection(new MongoNetworkError('connect ECONNREFUSED 1.2.3.4:1')), 'db:1/x');
  expect(refused.hint).not.toContain('which answers there');
});

test('a write that the server calls illegal is a refusal, also once the driver has made another error of it', () => {
  const originalError = new MongoServerError({ message: 'Transaction numbers', code: 20 });
  const error = targetError(new MongoServerError({ message: 'x', originalError }), 'db:27017/mlflow');
  expect(error.kind).toBe('target-refused');
  expect(error.message).toContain('(code 20)');
  expect(error.hint).toContain('retryWrites=false');
});

test('a right that is missing stays', () => {
  const error = targetError(new MongoServerError({ message: 'x', code: 13 }), 'db:27017/mlflow');
  expect(isPermanent(error)).toBe(true);
});

test('a file of the URI that cannot be read is a mistake in the URI', () => {
  const cause = Object.assign(new Error("ENOENT: no such file, open '/etc/ca.pem'"), {
    code: 'ENOENT',
    syscall: 'open',
    path: '/etc/ca.pem',
  });
  const error = targetError(cause, 'mongo:27017/mlflow');
  expect(error.kind).toBe('config');
  expect(error.message).toBe(
    'The target URI of mongo:27017/mlflow names a file that cannot be read: /etc/ca.pem (ENOENT)',
  );
  expect(error.hint).toContain('tlsCAFile');
});

test("an account's limit of its total throughput is told with both numbers, wherever the answer has its text", () => {
  const text =
    'Error=2, Details=\'Response status code does not indicate success: BadRequest (400); Substatus: 1028; Reason: (Message: {"Errors":["Your account is currently configured with a total throughput limit of 1000 RU\\/s. This operation failed because it would have increased the total throughput to 1200 RU\\/s. See https:\\/\\/aka.ms\\/cosmos-tp-limit for more information."]}';
  for (const field of ['errmsg', 'errMsg']) {
    const failure = targetError(new MongoServerError({ ok: 0, code: 2, [field]: text }), 'host:10255/db');
    expect(failure.kind).toBe('target-refused');
    expect(failure.message).toBe(
      'The account of host:10255/db has a total throughput limit of 1000 RU/s, and what is to be made would bring it to 1200 RU/s (2)',
    );
  }
  expect(targetError(new MongoServerError({ ok: 0, code: 2, errmsg: 'other' }), 'd').message).not.toContain('limit');
});
