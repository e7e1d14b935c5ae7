import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A server that takes connections and leaves them without an answer. */
export interface SilentServer extends AsyncDisposable {
  readonly port: number;
  /** Connections that it has taken. */
  readonly taken: () => number;
}

/** Starts one. What it is sent may be answered in part by `begin`, which is given each piece. */
export async function startSilentServer(begin: (socket: Socket, piece: Buffer) => void = () => undefined) {
  const sockets = new Set<Socket>();
  let taken = 0;
  const server = createServer((socket) => {
    taken++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (piece) => begin(socket, piece));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    taken: () => taken,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  } satisfies SilentServer;
}
