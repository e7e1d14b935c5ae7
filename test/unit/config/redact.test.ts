import { expect, test } from 'vitest';
import { redact, registerSecret } from '../../../src/config/redact.ts';

test('blanks out a registered secret as it is, percent-encoded and inside JSON', () => {
  const secret = 'p"w/1 é(x)';
  registerSecret(secret);
  expect(redact(`as ${secret} is`)).toBe('as *** is');
  expect(redact(`as ${encodeURIComponent(secret)} is`)).toBe('as *** is');
  expect(redact('p%22w%2f1%20%c3%a9%28x%29!')).toBe('***!');
  expect(redact(`as ${encodeURI(secret)} is`)).toBe('as *** is');
  expect(redact(JSON.stringify({ password: secret }))).toBe('{"password":"***"}');
});

test('blanks out the longer of two secrets first', () => {
  registerSecret('canary');
  registerSecret('canary-long');
  expect(redact('canary-long canary')).toBe('*** ***');
});

test('leaves very short values alone, which would destroy every message', () => {
  registerSecret('abc');
  expect(redact('abc')).toBe('abc');
});

test.each([
  ['postgresql://u:hunter22@db.example:5432/mlflow', 'postgresql://***@db.example:5432/mlflow'],
  [
    'mongodb://acct:KEY==@a.mongo.cosmos.azure.com:10255/?appName=@acct@',
    'mongodb://***@a.mongo.cosmos.azure.com:10255/?appName=@acct@',
  ],
  ['mongodb://u:p@ss/w?rd@h1:1,h2:2/db', 'mongodb://***@h1:1,h2:2/db'],
  ["'mongodb://u:it's%20me@h/db', then", "'mongodb://***@h/db', then"],
  ['postgresql://u:12/3@h/db', 'postgresql://***@h/db'],
  ['postgresql+psycopg2://u:pw@/db', 'postgresql+psycopg2://***@/db'],
  ['mongodb://host:27017/?appName=@x@', 'mongodb://host:27017/?appName=@x@'],
  ['postgresql://user:password@host/database', 'postgresql://user:password@host/database'],
  ['https://localhost:7071/api/migrations', 'https://localhost:7071/api/migrations'],
])('cuts the user out of %s', (text, shown) => {
  expect(redact(`before ${text} after`)).toBe(`before ${shown} after`);
});
