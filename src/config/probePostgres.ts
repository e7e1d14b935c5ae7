import { connect } from 'node:net';

/** What a PostgreSQL server answers before any login: TLS or not, or no answer. */
export type PostgresAnswer = 'tls' | 'plain' | 'unreachable';

/** Asks a server whether it speaks TLS. */
export type ProbePostgres = (host: string, port: number, timeoutMs: number) => Promise<PostgresAnswer>;

/** SSLRequest: length 8, code 80877103 (postgresql.org/docs/current/protocol-message-formats.html). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** {@link ProbePostgres} over TCP, or a Unix socket where `host` is its directory. Never throws. */
export const probePostgres: ProbePostgres = (host, port, timeoutMs) =>
  new Promise((resolve) => {
    const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    const finish = (answer: PostgresAnswer): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => finish('unreachable'));
    socket.once('error', () => finish('unreachable'));
    socket.once('close', () => finish('unreachable'));
    socket.once('connect', () => socket.write(SSL_REQUEST));
    socket.once('data', (data) => finish(data[0] === 0x53 ? 'tls' : 'plain'));
  });
