import { expect, test } from 'vitest';
import type { TargetSession } from '../../../src/contract/targetSession.ts';
import {
  mayTryNextHost,
  mayTryNextWay,
  noHostFailure,
  sessionFault,
  tellingFailure,
} from '../../../src/source/hostChoice.ts';

const failure = (code: string): Error => Object.assign(new Error('x'), { code });
const WITHOUT_TLS = new Error('The server does not support SSL connections');

const PRIMARY = { isReadOnly: false, isInRecovery: false };
const STANDBY = { isReadOnly: true, isInRecovery: true };
/** A primary with default_transaction_read_only. */
const LOCKED = { isReadOnly: true, isInRecovery: false };

test.each<[TargetSession, string | null, string | null, string | null]>([
  ['any', null, null, null],
  ['read-write', null, 'is a standby', 'takes no writes'],
  ['read-only', 'takes writes', null, null],
  ['primary', null, 'is a standby', null],
  ['standby', 'is not a standby', null, 'is not a standby'],
  ['prefer-standby', 'is not a standby', null, 'is not a standby'],
])('%s: a primary %s, a standby %s, a primary without writes %s', (wanted, primary, standby, locked) => {
  expect([PRIMARY, STANDBY, LOCKED].map((state) => sessionFault(wanted, state))).toEqual([primary, standby, locked]);
});

test.each(['ECONNREFUSED', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', '57P03'])('%s leads to the next host', (code) => {
  expect(mayTryNextHost(failure(code))).toBe(true);
});

test.each(['28P01', '28000', '3D000', '53300', '08P01', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
  '%s ends the search',
  (code) => {
    expect(mayTryNextHost(failure(code))).toBe(false);
  },
);

test('a connection that is given up leads to the next host, a server without TLS ends the search', () => {
  expect(mayTryNextHost(new Error('Connection terminated due to connection timeout'))).toBe(true);
  expect(mayTryNextHost(WITHOUT_TLS)).toBe(false);
});

test.each([
  ['28000', true],
  ['EPROTO', true],
  ['ERR_SSL_WRONG_VERSION_NUMBER', true],
  ['28P01', false],
  ['ECONNREFUSED', false],
] as const)('%s: may the other way to encrypt be tried? %s', (code, may) => {
  expect(mayTryNextWay(failure(code))).toBe(may);
});

test('of several failures the one that says why is told', () => {
  expect(tellingFailure([WITHOUT_TLS, failure('28P01')])).toMatchObject({ code: '28P01' });
  expect(tellingFailure([failure('28000'), WITHOUT_TLS])).toMatchObject({ code: '28000' });
  expect(tellingFailure([WITHOUT_TLS])).toBe(WITHOUT_TLS);
});

test('hosts that do not fit are named with what they are', () => {
  const { kind, message } = noHostFailure('primary', ['a:1 is a standby', 'b:2 is a standby'], null, 'a:1,b:2/db');
  expect(kind).toBe('source-unreachable');
  expect(message).toBe(
    'No host of a:1,b:2/db has what target_session_attrs=primary asks for: a:1 is a standby, b:2 is a standby',
  );
});
