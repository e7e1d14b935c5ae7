import { expect, test } from 'vitest';
import { mayTryNextWay } from '../../../src/source/hostChoice.ts';
import { poolerRefusal } from '../../../src/source/poolerRefusal.ts';
import { isWithoutConnection, sourceError } from '../../../src/source/sourceError.ts';

const said = (message: string, over: object = {}) =>
  Object.assign(new Error(message), { code: '08P01', severity: 'FATAL', ...over });

// What pgbouncer 1.18 answered in each case, and what its source says in 1.25.
test.each([
  ['SASL authentication failed', 'source-refused', /refused the user or password/],
  ['password authentication failed', 'source-refused', /refused the user or password/],
  ['password authentication failed for user "reader"', 'source-refused', /refused the user or password/],
  ['no such user', 'source-refused', /refused the user or password/],
  ['no such database: nix', 'source-refused', /has no such database/],
  ['database "nothere" does not exist', 'source-refused', /has no such database/],
  ['bouncer config error', 'source-refused', /has no such database/],
  ['unsupported startup parameter: options', 'source-refused', /parameter options/],
  ['unsupported startup parameter: extra_float_digits', 'source-refused', /parameter extra_float_digits/],
  ['unsupported startup parameter in options: work_mem', 'source-refused', /parameter work_mem/],
  [
    "unsupported options startup parameter: only '-c config=val' and '--config=val' are allowed",
    'source-refused',
    /parameter options/,
  ],
  ['no more connections allowed (max_client_conn)', 'source-unreachable', /no connection to spare/],
  ['client connections exceeded (max_db_client_connections)', 'source-unreachable', /no connection to spare/],
  ['client connections exceeded (max_user_client_connections)', 'source-unreachable', /no connection to spare/],
  ['query_wait_timeout', 'source-unreachable', /got no connection to PostgreSQL in time/],
  ['client_login_timeout (server down)', 'source-unreachable', /got no connection to PostgreSQL in time/],
  ['SSL required', 'source-refused', /with TLS only/],
  ['server shutting down', 'source-unreachable', /broke off the connection/],
])('"%s" of a pooler is told by what it means', (message, kind, told) => {
  const error = sourceError(said(message), 'bouncer:6432/mlflow');
  expect(error.kind).toBe(kind);
  expect(error.message).toMatch(told);
  expect(error.message).toMatch(/^The pooler at bouncer:6432\/mlflow .*\(08P01\)$/);
  expect(error.message).not.toMatch(/reader|nix|nothere/);
  expect(error.hint.length).toBeGreaterThan(20);
});

test('only a pooler that is full is asked for fewer connections', () => {
  expect(isWithoutConnection(said('no more connections allowed (max_client_conn)'))).toBe(true);
  expect(isWithoutConnection(said('no such database: nix'))).toBe(false);
  expect(isWithoutConnection(said('x', { code: '53300' }))).toBe(true);
});

test('a pooler that wants TLS is tried with it', () => {
  expect(mayTryNextWay(said('SSL required'))).toBe(true);
  expect(mayTryNextWay(said('no such user'))).toBe(false);
});

test("a protocol violation that PostgreSQL itself reports is none of a pooler's refusals", () => {
  const error = said('no such database: nix', { routine: 'pq_getmessage' });
  expect(poolerRefusal(error, 'db:5432/mlflow')).toBeNull();
  expect(sourceError(error, 'db:5432/mlflow').message).not.toContain('pooler');
});
