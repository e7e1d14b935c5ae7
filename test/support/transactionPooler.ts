import { createServer, type Socket } from 'node:net';
import pg from 'pg';

/** A pooler in transaction mode, as pgbouncer is one: each transaction of a client may be on another connection of the server. */
export interface TransactionPooler extends AsyncDisposable {
  readonly port: number;
  /** Transactions that were begun on another connection than their client's last. */
  readonly moves: number;
  /** Clients that were not let in. */
  readonly refused: number;
  /** Clients that were in at one time. */
  readonly mostClients: number;
}

const SSL_REQUEST = 80_877_103;
const CANCEL_REQUEST = 80_877_102;
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const FULL = 'no more connections allowed (max_client_conn)';
const AUTHENTICATED = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);

/** What a pooler says in place of letting a client in, as pgbouncer does: by one code, with words of its own. */
export interface PoolerRules {
  /** The port to listen on; the system chooses by default. */
  readonly port?: number;
  /** Clients at one time; whoever comes later is told that there is no more room. */
  readonly maxClients?: number;
  /** Said to every client. */
  readonly refusal?: string;
}

/** Lets `connections` to the server be shared by any number of clients, who need no password. */
export async function startTransactionPooler(
  uri: string,
  connections: number,
  rules: PoolerRules = {},
): Promise<TransactionPooler> {
  const free: Socket[] = [];
  const waiting: ((server: Socket) => void)[] = [];
  const everyone = new Set<Socket>();
  let moves = 0;
  let clients = 0;
  let refused = 0;
  let most = 0;
  const give = (server: Socket) => {
    const next = waiting.shift();
    if (next === undefined) free.push(server);
    else next(server);
  };
  const open = async () => give(await connect(uri, everyone));
  for (let index = 0; index < connections; index++) await open();
  const listener = createServer((client) => {
    everyone.add(client);
    client.on('error', () => undefined);
    let held: Socket | null = null;
    let last: Socket | null = null;
    let taking = Promise.resolve();
    const take = async (): Promise<Socket> => {
      if (held !== null) return held;
      // The one that has been free for longest: seldom the one of before.
      const server = free.shift() ?? (await new Promise<Socket>((resolve) => waiting.push(resolve)));
      if (last !== null && last !== server) moves++;
      held = server;
      last = server;
      server.removeAllListeners('data');
      server.on(
        'data',
        eachMessage((type, message) => {
          client.write(message);
          if (type !== 'Z' || message.at(-1) !== READY.at(-1)) return;
          held = null;
          give(server);
        }),
      );
      return server;
    };
    let isStarted = false;
    let isIn = false;
    const messages = eachMessage((type, message) => {
      if (type === 'X') return;
      taking = taking.then(async () => void (await take()).write(message));
    });
    client.on('data', (data) => {
      if (isStarted) return messages(data);
      const code = data.readInt32BE(4);
      if (code === CANCEL_REQUEST) return void client.end();
      if (code === SSL_REQUEST) return void client.write('N');
      isStarted = true;
      const refusal = rules.refusal ?? (clients < (rules.maxClients ?? Number.POSITIVE_INFINITY) ? null : FULL);
      if (refusal !== null) {
        refused++;
        return void client.end(fatal(refusal));
      }
      isIn = true;
      clients++;
      most = Math.max(most, clients);
      client.write(Buffer.concat([AUTHENTICATED, READY]));
    });
    client.on('close', () => {
      everyone.delete(client);
      if (isIn) clients--;
      if (held === null) return;
      // In the middle of a transaction: nobody else may go on with it.
      held.destroy();
      held = null;
      void open();
    });
  });
  await new Promise<void>((resolve) => listener.listen(rules.port ?? 0, '127.0.0.1', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('The pooler has no port');
  return {
    port: address.port,
    get moves() {
      return moves;
    },
    get refused() {
      return refused;
    },
    get mostClients() {
      return most;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of everyone) socket.destroy();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}

/** A refusal as pgbouncer sends it: without the place in the code that PostgreSQL names. */
function fatal(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C08P01\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/** A connection that is logged in, of which only the socket is used. */
async function connect(uri: string, everyone: Set<Socket>): Promise<Socket> {
  const client = new pg.Client({ connectionString: uri });
  client.on('error', () => undefined);
  await client.connect();
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.removeAllListeners();
  stream.on('error', () => undefined);
  stream.on('close', () => everyone.delete(stream));
  everyone.add(stream);
  return stream;
}

/** Cuts a stream of the protocol into its messages. */
function eachMessage(take: (type: string, message: Buffer) => void): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (data) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
    while (rest.length >= 5) {
      const end = 1 + rest.readInt32BE(1);
      if (rest.length < end) return;
      const message = rest.subarray(0, end);
      rest = rest.subarray(end);
      take(String.fromCharCode(message[0] as number), message);
    }
  };
}
