import { expect, test } from 'vitest';
import { refuseQueryKeys } from '../../../src/functions/refuseQueryKeys.ts';

const ask = (query: string) => () =>
  refuseQueryKeys({ query: new URLSearchParams(query) }, ['format', 'earlier'], 'Leave it out');

test.each(['', 'format=html', 'format=text&earlier=2', 'code=secret&clientId=default&format=text'])(
  'an address with "%s" is taken',
  (query) => expect(ask(query)).not.toThrow(),
);

test.each([
  ['fromat=html', 'the query key fromat, which nothing reads'],
  ['Format=html', 'the query key Format, which nothing reads'],
  ['format=text&format=html', 'the query key format twice'],
  ['%3Cscript%3E=1', 'the query key, which nothing reads'],
])('one with "%s" is refused, by name where that is one', (query, fault) => expect(ask(query)).toThrow(fault));
