import { MongoRuntimeError, MongoServerError } from 'mongodb';
import { expect, test } from 'vitest';
import { isPermanent } from '../../../src/errors.ts';
import { failureKind } from '../../../src/target/failureKind.ts';
import { targetError } from '../../../src/target/targetError.ts';

const MONGODB = 'db:27017/mlflow';
const REQUEST_UNITS = 'acct.mongo.cosmos.azure.com:10255/mlflow';
const answer = (code: number, errmsg = 'text with a value') => new MongoServerError({ ok: 0, code, errmsg });

test('code 13 on request units is the firewall first, then a read-only key, then the key', () => {
  const { hint, message, kind } = targetError(answer(13, 'Unauthorized'), REQUEST_UNITS);
  expect(kind).toBe('target-refused');
  expect(message).toBe(`The target ${REQUEST_UNITS} denies the request (code 13)`);
  const places = ['firewall', 'read-only key', 'regenerated'].map((word) => hint.indexOf(word));
  expect(places.every((place) => place >= 0)).toBe(true);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test.each([
  ['Request originated from IP 203.0.113.7 through public internet. This is blocked by your account', '203.0.113.7'],
  ['Request originated from client IP 2001:db8::7 through public internet', '2001:db8::7'],
  ['Request originated from client VNET through service endpoint', 'client VNET'],
  ['blocked by your Cosmos DB account firewall settings', 'this address'],
])('the firewall of an account is told, and from where the request came: %s', (text, from) => {
  const refusal = targetError(answer(13, `Error=13, Details='${text}'`), 'proxy:1/d');
  expect(refusal.message).toContain(`lets nobody in from ${from}: its firewall`);
  expect(refusal.hint).toContain('Networking');
});

test('code 13 of a MongoDB is a right, wherever else it is the network', () => {
  const refusal = targetError(answer(13), MONGODB);
  expect(refusal.message).toBe(`The target ${MONGODB} denies the user an action (code 13)`);
  expect(refusal.hint).toContain('readWrite');
});

test.each([
  [
    13,
    'The unique index cannot be modified. To change the unique index, remove the collection',
    /adds no unique index/,
  ],
  [2, 'The unique index cannot be modified. To change the unique index, remove the collection', /adds no unique index/],
  [13, 'Forbidden (403); Substatus: 1021; Storage quota for Collection exceeded', /has no room left/],
  [2, 'Retryable writes are not supported. Please disable retryable writes', /takes no retryable writes/],
  [2, 'The index path corresponding to the specified order-by item is excluded.', /has no index for an order/],
  [2, 'The order by query does not have a corresponding composite index', /has no index for an order/],
  [2, 'something of a row', /refused a command or a document as not valid/],
  [14_031, 'available disk space of 9 bytes is less than required', /has no room left on its disk/],
  [166, 'Namespace d.runs is a view, not a collection', /a view in the place of a collection/],
  [20, 'Transaction numbers are only allowed on a replica set', /refused a command as not allowed/],
])('code %d with "%s" is told by what it means, and stays', (code, text, message) => {
  const refusal = targetError(answer(code, text), MONGODB);
  expect(isPermanent(refusal)).toBe(true);
  expect(refusal.message).toMatch(message);
  expect(refusal.message).toContain(`(code ${code})`);
  expect(refusal.message).not.toContain('row');
});

test.each([
  [1, /met an internal error/],
  [50, /did not finish a request within its own time limit/],
  [43, /has dropped a cursor/],
  [40_333, /builds another index of the same collection/],
])('code %d passes, and is tried again', (code, message) => {
  expect(failureKind(answer(code))).toBe('unknown');
  const refusal = targetError(answer(code), MONGODB);
  expect(refusal.kind).toBe('target-unreachable');
  expect(refusal.message).toMatch(message);
  expect(refusal.message).not.toContain('value');
});

test('the cure of a time limit is throughput on request units, and the load elsewhere', () => {
  expect(targetError(answer(50, 'Request timed out.'), REQUEST_UNITS).hint).toContain('throughput');
  expect(targetError(answer(50, 'operation exceeded time limit'), MONGODB).hint).not.toContain('throughput');
});

test('a login whose other side proves nothing is a refusal, and no fault of the program', () => {
  const bare = new MongoRuntimeError('Server returned an invalid signature');
  const wrapped = new Error('x', { cause: bare });
  for (const error of [bare, wrapped]) {
    const refusal = targetError(error, MONGODB);
    expect(refusal.kind).toBe('target-refused');
    expect(refusal.message).toContain('did not prove in the login that it knows the password');
  }
});
