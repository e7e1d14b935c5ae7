import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

const SSL_REQUEST = 80_877_103;

/** A relay in front of a PostgreSQL server that can refuse logins with an SQLSTATE, as a server does that starts or is full. */
export interface PostgresRelay extends AsyncDisposable {
  readonly port: number;
  /** Logins are refused with this SQLSTATE from now on; null lets them through. Connections that are open stay. */
  refuse(sqlState: string | null): void;
  /** Logins that were refused. */
  readonly refused: number;
}

/** Starts a relay on 127.0.0.1. */
export async function startPostgresRelay(upstreamPort: number): Promise<PostgresRelay> {
  let refusal: string | null = null;
  let refused = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('close', () => sockets.delete(client));
    client.on('error', () => client.destroy());
    client.once('data', (first: Buffer) => {
      if (refusal !== null && first.readInt32BE(4) !== SSL_REQUEST) {
        refused += 1;
        client.end(errorResponse(refusal));
        return;
      }
      const upstream = connect(upstreamPort, '127.0.0.1');
      sockets.add(upstream);
      upstream.on('error', () => client.destroy());
      upstream.on('close', () => {
        sockets.delete(upstream);
        client.destroy();
      });
      client.on('close', () => upstream.destroy());
      upstream.write(first);
      client.pipe(upstream).pipe(client);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    refuse(sqlState) {
      refusal = sqlState;
    },
    get refused() {
      return refused;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** An ErrorResponse: https://www.postgresql.org/docs/current/protocol-message-formats.html. */
function errorResponse(sqlState: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0Mrefused by the relay\0\0`);
  const message = Buffer.alloc(5 + fields.length);
  message.write('E', 0);
  message.writeInt32BE(4 + fields.length, 1);
  fields.copy(message, 5);
  return message;
}
