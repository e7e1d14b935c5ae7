import { connect, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';
import { type Command, readCommand } from './command.ts';
import {
  asEngineError,
  BUILD_INFO,
  engineReply,
  failed,
  gatewayHello,
  MAX_DOCUMENT_BYTES,
  MAX_WRITES,
  stateFailure,
  UNKNOWN_COMMANDS,
} from './documentDbAnswers.ts';
import type { DocumentDbState } from './documentDbProxy.ts';
import { isHello } from './hello.ts';
import { withElements } from './rawBson.ts';
import { buildMsg, buildReply, OP_QUERY, readMessages, type WireMessage } from './wire.ts';

/** The gateway answers these itself, also while its PostgreSQL restarts. */
const OF_THE_GATEWAY: ReadonlySet<string> = new Set([
  'endSessions',
  'killCursors',
  'logout',
  'ping',
  'saslContinue',
  'saslStart',
]);

const WRITE_LISTS: Readonly<Record<string, string>> = { insert: 'documents', update: 'updates', delete: 'deletes' };

type Answer = Document | Buffer;

/** One client's connection to the gateway, and the one to the mongod that stands for the engine. */
export class DocumentDbSession {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #state: DocumentDbState;
  readonly #answers: AsyncGenerator<WireMessage>;
  #nextRequestId = 1;

  constructor(client: Socket, state: DocumentDbState) {
    this.#client = client;
    this.#state = state;
    this.#server = connect({ ...state.options.upstream, noDelay: true });
    client.setNoDelay(true);
    for (const socket of [client, this.#server]) {
      socket.on('error', () => this.end());
      socket.on('close', () => this.end());
    }
    this.#answers = readMessages(this.#server);
  }

  /** Serves the client until either side ends. */
  async run(): Promise<void> {
    try {
      for await (const message of readMessages(this.#client)) {
        const answer = await this.#serve(readCommand(message));
        if (answer === undefined) break;
        if (!message.moreToCome) await this.#send(message, answer);
      }
    } finally {
      this.end();
    }
  }

  end(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  async #serve(command: Command): Promise<Answer | undefined> {
    const { name, fields } = command;
    const { options } = this.#state;
    if (isHello(name)) {
      const answer = await this.#forward(command);
      return answer && gatewayHello(BSON.deserialize(answer, { promoteValues: false }), options.build ?? 'self-hosted');
    }
    if (name.toLowerCase() === 'buildinfo') return BUILD_INFO;
    if (OF_THE_GATEWAY.has(name)) return await this.#forward(command);
    if (UNKNOWN_COMMANDS.has(name)) return failed(115, 'CommandNotSupported', `Command '${name}' is not supported.`);
    const refused = this.#state.refusedByRestart();
    if (refused !== undefined) return refused;
    const restarts = this.#state.restarts;
    const answer = await this.#answer(command, fields);
    if (answer === undefined || this.#state.restarts === restarts) return answer;
    // It was under way when the engine went down: done or not, its session is gone.
    this.#state.answersLost++;
    return stateFailure('57P01', 'terminating connection due to administrator command');
  }

  async #answer(command: Command, fields: Document): Promise<Answer | undefined> {
    switch (command.name) {
      case 'insert':
      case 'update':
      case 'delete':
        return await this.#write(command);
      case 'find': {
        const answer = await this.#forward(command);
        const { replyBytes = MAX_DOCUMENT_BYTES } = this.#state.options;
        return answer && engineReply(answer, fields['sort'] !== undefined, replyBytes);
      }
      case 'getMore':
        if (this.#state.options.replyBytes === undefined) return await this.#forward(command);
        this.#state.lostCursors++;
        return failed(43, 'CursorNotFound', 'cursor id not found');
      case 'create':
        return await this.#orElse(command, 48);
      case 'drop':
        return await this.#orElse(command, 26);
      case 'createIndexes':
        return await this.#createIndexes(command);
      case 'listIndexes':
        return await this.#listIndexes(command);
      default:
        return await this.#forward(command);
    }
  }

  /** What is there already, or not there, is no failure to the engine. */
  async #orElse(command: Command, code: number): Promise<Answer | undefined> {
    const answer = await this.#forward(command);
    return answer !== undefined && Number(BSON.deserialize(answer)['code']) === code ? { ok: 1 } : answer;
  }

  async #write(command: Command): Promise<Answer | undefined> {
    const writes = command.writes ?? [];
    if (writes.length > MAX_WRITES) {
      return failed(16, 'InvalidLength', `Write batch sizes must be between 1 and ${MAX_WRITES}.`);
    }
    const most = this.#state.options.maxDocumentBytes ?? MAX_DOCUMENT_BYTES;
    // What a migration keeps of itself is none of the documents that it copies.
    const isLarge = (write: Buffer) => write.length > most && !command.namespace.endsWith('._migration');
    if (command.name === 'insert' && writes.some(isLarge)) {
      this.#state.wholeRefusals++;
      return failed(2, 'BadValue', 'Size of the document is over the limit');
    }
    const large = command.name === 'update' ? writes.flatMap((write, index) => (isLarge(write) ? [index] : [])) : [];
    const kept = writes.filter((_write, index) => !large.includes(index));
    const positions = writes.flatMap((_write, index) => (large.includes(index) ? [] : [index]));
    const sent = kept.length === 0 ? undefined : await this.#forward(command, kept);
    if (kept.length > 0 && sent === undefined) return undefined;
    const answer = sent === undefined ? { ok: 1, n: 0 } : BSON.deserialize(sent, { promoteValues: false });
    const errors = ((answer['writeErrors'] ?? []) as Document[]).map((error) =>
      asEngineError({ ...error, index: positions[Number(error['index'])] }),
    );
    errors.push(...large.map((index) => ({ index, code: 17_419, errmsg: 'Resulting document is over the limit' })));
    return errors.length === 0 ? answer : { ...answer, writeErrors: errors };
  }

  /** On an empty collection at once, elsewhere through the queue; duplicates keep their own index from being made, and no other. */
  async #createIndexes(command: Command): Promise<Answer | undefined> {
    const state = this.#state;
    const collection = String(command.fields['createIndexes']);
    const indexes = (command.fields['indexes'] ?? []) as Document[];
    const names = indexes.map(({ name }) => String(name));
    const there = await this.#ask({ listIndexes: collection, $db: command.database });
    const found = await this.#ask({ find: collection, limit: 1, projection: { _id: 1 }, $db: command.database });
    if (there === undefined || found === undefined) return undefined;
    const isEmpty = ((found['cursor'] as Document | undefined)?.['firstBatch'] as unknown[] | undefined)?.length === 0;
    const known = new Set(
      (((there['cursor'] as Document | undefined)?.['firstBatch'] ?? []) as Document[]).map(({ name }) => String(name)),
    );
    const missing = names.filter((name) => !known.has(name));
    if (missing.length > 0) {
      const unique = indexes.flatMap((index) => (index['unique'] === true ? [String(index['name'])] : []));
      state.builds.push({ collection, names, unique, isInline: isEmpty });
      const outcome = isEmpty ? 'done' : await state.queue.wait(command.namespace, missing);
      if (outcome === 'timed-out') {
        return failed(50, 'SqlState(E57014)', 'canceling statement due to statement timeout');
      }
      if (outcome === 'second') return failed(40_333, 'IndexBuildAborted', 'Another index build is under way');
    }
    let failure: Document | undefined;
    for (const index of indexes) {
      const one = await this.#ask({ createIndexes: collection, indexes: [index], $db: command.database });
      if (one === undefined) return undefined;
      if (Number(one['ok']) !== 1) failure ??= one;
    }
    return failure ?? { raw: { defaultShard: { numIndexesAfter: known.size + missing.length, ok: 1 } }, ok: 1 };
  }

  /** Those that are still being built are listed as well. */
  async #listIndexes(command: Command): Promise<Answer | undefined> {
    const answer = await this.#forward(command);
    const building = this.#state.queue.building(command.namespace);
    if (answer === undefined || building.length === 0) return answer;
    const listed = BSON.deserialize(answer, { promoteValues: false });
    const batch = (listed['cursor'] as Document | undefined)?.['firstBatch'] as Document[] | undefined;
    batch?.push(...building.map((name) => ({ v: 2, key: { [`of ${name}`]: 1 }, name })));
    return listed;
  }

  async #ask(command: Document): Promise<Document | undefined> {
    const body = BSON.serialize(command);
    const answer = await this.#exchange(buildMsg({ requestId: this.#nextRequestId++, responseTo: 0, body }));
    return answer === undefined ? undefined : BSON.deserialize(answer, { promoteValues: false });
  }

  async #forward(command: Command, writes?: readonly Buffer[]): Promise<Buffer | undefined> {
    const { message } = command;
    if (message.opCode === OP_QUERY) return await this.#exchange(message.raw);
    // The engine takes the number of a retryable write; mongod does in a replica set only.
    const body = withElements(message.body, ({ name }) => name !== 'txnNumber');
    const init = { requestId: message.requestId, responseTo: 0 };
    const list = WRITE_LISTS[command.name];
    if (list === undefined || writes === undefined)
      return await this.#exchange(buildMsg({ ...init, body, sequences: message.sequences }));
    const others = withElements(body, ({ name }) => name !== list);
    return await this.#exchange(buildMsg({ ...init, body: others, sequences: [[list, writes]] }));
  }

  async #exchange(message: Buffer): Promise<Buffer | undefined> {
    await write(this.#server, message);
    const next = await this.#answers.next();
    return next.done === true ? undefined : next.value.body;
  }

  async #send(request: WireMessage, answer: Answer): Promise<void> {
    const body = Buffer.isBuffer(answer) ? answer : Buffer.from(BSON.serialize(answer));
    const init = { requestId: this.#nextRequestId++, responseTo: request.requestId, body };
    await write(this.#client, request.opCode === OP_QUERY ? buildReply(init) : buildMsg(init));
  }
}

/** Writes, and waits while the other side is slow; also for a socket that is gone. */
async function write(socket: Socket, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
}
