import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A relay in front of a server that can fall silent: connections stay, new ones are taken, and nothing passes. */
export interface FreezingRelay extends AsyncDisposable {
  readonly port: number;
  freeze(): void;
  thaw(): void;
}

/** Starts a relay on 127.0.0.1 to a port there. */
export async function startFreezingRelay(upstreamPort: number): Promise<FreezingRelay> {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  const server = createServer((client) => {
    const upstream = connect(upstreamPort, '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('data', (piece) => void other.write(piece));
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      if (isFrozen) one.pause();
    }
  });
  const turn = (toFrozen: boolean) => {
    isFrozen = toFrozen;
    for (const socket of sockets) toFrozen ? socket.pause() : socket.resume();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    freeze: () => turn(true),
    thaw: () => turn(false),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
