import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BSON, type Document } from 'mongodb';
import { type Command, forwardable, pageLength, readCommand } from './command.ts';
import { refusedByLook, refusedIndex, refusedSort, sortOf } from './cosmosRules.ts';
import { isHello, rewriteHello } from './hello.ts';
import { type CommandFailure, TIMED_OUT, throttleRefusal } from './refusals.ts';
import { readUnits } from './requestUnits.ts';
import { type ProxyState, scheduledFailure } from './state.ts';
import { buildMsg, buildReply, OP_QUERY, readMessages, type WireMessage } from './wire.ts';
import {
  decideWrites,
  mergeAnswer,
  type WriteDecision,
  type WriteError,
  type WriteOp,
  writeOpsOf,
} from './writeOps.ts';

/** Commands of connecting and leaving: never cut, failed, charged or changed. */
const HANDSHAKES: ReadonlySet<string> = new Set([
  'authenticate',
  'buildInfo',
  'buildinfo',
  'endSessions',
  'killCursors',
  'logout',
  'ping',
  'saslContinue',
  'saslStart',
]);
const READS: ReadonlySet<string> = new Set(['aggregate', 'count', 'distinct', 'find', 'getMore']);
/** The migration's own records: no documents that are copied. */
const MARKER = '_migration';
const MAX_WRITES = 1_000;
const CREATE_INDEX_UNITS = 5;
/** An answer younger than this when its connection ends may not have been read by the client. */
const UNREAD_MS = 200;

/** An answer: a document to encode, or bytes of the server to pass on. */
type Answer = Document | Buffer;

/** One client's connection and the connection to the server that stands behind it. */
export class Session {
  private readonly client: Socket;
  private readonly state: ProxyState;
  private readonly server: Socket;
  private readonly answers: AsyncGenerator<WireMessage>;
  private nextRequestId = 1;
  private isEnded = false;
  private statistics: Document = { CommandName: '', RequestCharge: 0 };
  /** What the last write command changed, for the case that its answer is lost. */
  private lastWrites: { namespace: string; ids: readonly string[]; answeredAtMs: number } | undefined;

  constructor(client: Socket, state: ProxyState) {
    this.client = client;
    this.state = state;
    this.server = connect({ ...state.options.upstream, noDelay: true });
    client.setNoDelay(true);
    // Readers see the end of a socket that fails; writers must not crash the proxy on it.
    client.on('error', () => this.end());
    this.server.on('error', () => this.end());
    this.server.on('close', () => this.end());
    this.answers = readMessages(this.server);
  }

  /** Serves the client until either side ends. */
  async run(): Promise<void> {
    try {
      for await (const message of readMessages(this.client)) {
        await this.serve(message);
        if (this.isEnded) break;
      }
    } finally {
      this.end();
    }
  }

  /** Ends both connections at once. What the client may not have read counts as lost. */
  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    const last = this.lastWrites;
    if (last !== undefined && this.state.nowMs() - last.answeredAtMs < UNREAD_MS) {
      for (const id of last.ids) this.state.ledger.lost(last.namespace, id);
    }
    this.client.destroy();
    this.server.destroy();
  }

  private async serve(message: WireMessage): Promise<void> {
    const command = readCommand(message);
    this.state.meter.command(command.name);
    const isPlain = HANDSHAKES.has(command.name) || isHello(command.name);
    const cut = isPlain ? undefined : this.drawCut(command.name);
    if (cut === 'before') return this.end();
    const answer = isPlain ? await this.serveHandshake(command) : await this.serveCommand(command, cut === 'after');
    if (answer === undefined) return this.end();
    if (!isPlain) await this.delay();
    if (cut === 'after') return this.end();
    if (this.lastWrites !== undefined) this.lastWrites = { ...this.lastWrites, answeredAtMs: this.state.nowMs() };
    if (!message.moreToCome) await this.send(message, answer);
  }

  private drawCut(name: string): 'before' | 'after' | undefined {
    const { cutRate = 0, cutCommands } = this.state.options;
    if (cutRate === 0 || (cutCommands !== undefined && !cutCommands.includes(name))) return undefined;
    if (this.state.random() >= cutRate) return undefined;
    const moment = this.state.random() < 0.5 ? 'before' : 'after';
    this.state.cuts[moment] += 1;
    return moment;
  }

  private async delay(): Promise<void> {
    const { delayMs = 0 } = this.state.options;
    const ms = typeof delayMs === 'number' ? delayMs : delayMs.min + this.state.random() * (delayMs.max - delayMs.min);
    if (ms > 0) await sleep(ms);
  }

  private async serveHandshake(command: Command): Promise<Answer | undefined> {
    const answer = await this.forward(forwardable(command));
    if (answer === undefined || !isHello(command.name)) return answer;
    const { isRu, address, maxDocumentBytes } = this.state;
    return rewriteHello(decode(answer), { flavour: isRu ? 'ru' : 'mongodb', address, maxDocumentBytes });
  }

  private async serveCommand(command: Command, isAnswerLost: boolean): Promise<Answer | undefined> {
    this.lastWrites = undefined;
    const planned = scheduledFailure(this.state, command.name);
    if (planned !== undefined) {
      return failed({ codeName: 'FailCommand', errmsg: 'Failed by the schedule of the fault proxy', ...planned });
    }
    if (!this.state.isRu) {
      return command.writes === undefined ? this.serveOther(command) : this.serveWrites(command, isAnswerLost);
    }
    const refusal = refusedByLook(command.name, command.fields, MAX_WRITES, command.writes?.length ?? 0);
    if (refusal !== undefined) return failed(refusal);
    if (command.fields['getLastRequestStatistics'] !== undefined) return { ...this.statistics, ok: 1 };
    if (command.fields['customAction'] !== undefined) return this.serveCustomAction(command);
    if (command.writes !== undefined) return this.serveWrites(command, isAnswerLost);
    if (READS.has(command.name)) return this.serveRead(command);
    if (command.name === 'createIndexes') return this.serveCreateIndexes(command);
    return this.serveOther(command);
  }

  private async serveOther(command: Command): Promise<Answer | undefined> {
    const { ledger, indexKeys } = this.state;
    const answer = await this.forward(forwardable(command));
    if (command.name === 'drop') this.state.shardKeys.delete(command.namespace);
    if (command.name === 'drop' || command.name === 'dropDatabase') {
      ledger.forget(
        command.namespace.endsWith('.') || command.name === 'drop' ? command.namespace : `${command.database}.`,
      );
    }
    if (command.name !== 'listIndexes' && command.name !== 'listCollections') indexKeys.clear();
    return answer;
  }

  private async serveWrites(command: Command, isAnswerLost: boolean): Promise<Answer | undefined> {
    const { state } = this;
    const { namespace } = command;
    const startedMs = state.nowMs();
    const indexes = state.isRu ? (await this.indexKeysOf(namespace)).length : 0;
    const ops = writeOpsOf(command, Math.max(1, indexes));
    state.ledger.command(startedMs);
    for (const { id, kind } of ops) {
      if (id !== undefined && (kind === 'insert' || kind === 'replace'))
        state.ledger.offered(namespace, id, kind, startedMs);
    }
    const decision: WriteDecision = state.isRu
      ? decideWrites(command, ops, state)
      : { accepted: ops, refused: [], rejected: [], spentUnits: 0, offeredUnits: 0 };
    this.charge(command, decision.refused.length + decision.accepted.length, decision, startedMs);

    const isTimedOut = decision.refused.length > 0 && state.random() < (state.options.timeoutRate ?? 0);
    const isAllRefused =
      decision.refused.length > 0 && decision.accepted.length === 0 && decision.rejected.length === 0;
    if (isAllRefused && !isTimedOut && state.random() < 0.5) {
      // Accounts refuse a command as a whole, too. One waiting time then holds for all of its documents.
      const longest = decision.refused.reduce((a, b) =>
        (b.refusal.toldMs ?? 0) > (a.refusal.toldMs ?? 0) ? b : a,
      ).refusal;
      for (const { op } of decision.refused) state.ledger.refused(namespace, op.id, longest.toldMs, state.nowMs());
      return failed({ code: 16500, codeName: 'RequestRateTooLarge', errmsg: longest.message });
    }
    let answer: Document | undefined;
    if (decision.accepted.length > 0) {
      const raw = await this.forward(
        forwardable(
          command,
          decision.accepted.map((op) => op.raw),
        ),
      );
      if (raw === undefined) return undefined;
      answer = BSON.deserialize(raw, { promoteValues: false });
      if (Number(answer['ok']) !== 1) return raw;
      this.book(command, decision.accepted, answer, !isAnswerLost && !isTimedOut);
    }
    if (isTimedOut) return failed(TIMED_OUT);
    const now = state.nowMs();
    for (const { op, refusal } of decision.refused) state.ledger.refused(namespace, op.id, refusal.toldMs, now);
    return mergeAnswer(command, decision, answer);
  }

  /** Writes into the ledger what the server did with the writes that it got. */
  private book(command: Command, accepted: readonly WriteOp[], answer: Document, isKnown: boolean): void {
    const { ledger } = this.state;
    const { namespace } = command;
    const errors = new Map(
      ((answer['writeErrors'] ?? []) as WriteError[]).map((error) => [Number(error.index), error]),
    );
    const upserted = new Set(((answer['upserted'] ?? []) as Document[]).map((one) => Number(one['index'])));
    const firstError = Math.min(...errors.keys());
    const ids: string[] = [];
    for (const [position, { id, kind, manyIds }] of accepted.entries()) {
      if (command.fields['ordered'] !== false && position > firstError) break;
      const error = errors.get(position);
      if (kind === 'delete' && error === undefined) {
        if (id === undefined && manyIds === undefined) ledger.forget(namespace);
        for (const gone of id === undefined ? (manyIds ?? []) : [id]) ledger.forget(namespace, gone);
      }
      if (id === undefined || kind === 'delete') continue;
      ids.push(id);
      if (error === undefined && (kind === 'insert' || upserted.has(position))) ledger.inserted(namespace, id, isKnown);
      else if (isKnown && (error === undefined || Number(error.code) === 11000)) ledger.confirmed(namespace, id);
    }
    this.lastWrites = { namespace, ids, answeredAtMs: this.state.nowMs() };
  }

  private async serveRead(command: Command): Promise<Answer | undefined> {
    const { state } = this;
    const sort = state.options.refuseUnindexedSort === false ? undefined : sortOf(command.name, command.fields);
    const refusedBySort = sort === undefined ? undefined : refusedSort(sort, await this.indexKeysOf(command.namespace));
    if (refusedBySort !== undefined) return failed(refusedBySort);
    const throttled = this.throttleWhole(command, 1);
    if (throttled !== undefined) return throttled;
    const startedMs = state.nowMs();
    const answer = await this.forward(forwardable(command));
    if (answer === undefined) return undefined;
    const units = readUnits(pageLength(answer), answer.length);
    state.throughput.bucketOf(command.namespace, startedMs).charge(units, state.nowMs());
    this.charge(command, 1, { spentUnits: units, offeredUnits: units, refused: [] }, startedMs);
    return answer;
  }

  private async serveCreateIndexes(command: Command): Promise<Answer | undefined> {
    const { state } = this;
    const throttled = this.throttleWhole(command, CREATE_INDEX_UNITS);
    if (throttled !== undefined) return throttled;
    const collection = String(command.fields['createIndexes']);
    const found = await this.ask({ find: collection, limit: 1, projection: { _id: 1 }, $db: command.database });
    if (found === undefined) return undefined;
    const isEmpty = ((found['cursor'] as Document | undefined)?.['firstBatch'] as unknown[] | undefined)?.length === 0;
    for (const index of (command.fields['indexes'] as Document[] | undefined) ?? []) {
      // Asking again for an index that is there is no change, on an account as on a server.
      const isThere = (await this.indexKeysOf(command.namespace)).some((key) => sameKey(key, index['key'] as Document));
      const shardKey = state.shardKeys.get(command.namespace);
      const refusal = isThere
        ? undefined
        : refusedIndex(index, isEmpty, shardKey, state.options.continuousBackup === true);
      if (refusal !== undefined) return failed(refusal);
    }
    const startedMs = state.nowMs();
    const answer = await this.forward(forwardable(command));
    state.indexKeys.delete(command.namespace);
    state.throughput.bucketOf(command.namespace, startedMs).charge(CREATE_INDEX_UNITS, state.nowMs());
    const units = { spentUnits: CREATE_INDEX_UNITS, offeredUnits: CREATE_INDEX_UNITS, refused: [] };
    this.charge(command, 1, units, startedMs);
    return answer;
  }

  /** The refusal of a command that is refused as a whole, where nothing is left to spend. */
  private throttleWhole(command: Command, units: number): Document | undefined {
    const { state } = this;
    const now = state.nowMs();
    const bucket = state.throughput.bucketOf(command.namespace, now);
    if (bucket.hasAny(now)) return undefined;
    const refusal = throttleRefusal(bucket.waitMs(units, now), state.hints, state.random);
    state.ledger.refused(command.namespace, undefined, refusal.toldMs, now);
    this.charge(command, 1, { spentUnits: 0, offeredUnits: units, refused: [command] }, now);
    return failed({ code: 16500, codeName: 'RequestRateTooLarge', errmsg: refusal.message });
  }

  private async serveCustomAction(command: Command): Promise<Answer | undefined> {
    const { state } = this;
    const outcome = state.throughput.act(command.database, command.fields, state.nowMs());
    if (command.fields['customAction'] !== 'CreateCollection' || outcome.ok === 0) return outcome;
    const collection = String(command.fields['collection']);
    const created = await this.ask({ create: collection, $db: command.database });
    if (created === undefined || Number(created['ok']) !== 1) return created;
    const shardKey: unknown = command.fields['shardKey'];
    if (typeof shardKey === 'string') state.shardKeys.set(`${command.database}.${collection}`, shardKey);
    const indexes = ((command.fields['indexes'] ?? []) as Document[]).filter(
      (index) => !('_id' in (index['key'] as Document)),
    );
    if (indexes.length === 0) return outcome;
    state.indexKeys.delete(`${command.database}.${collection}`);
    return this.ask({ createIndexes: collection, indexes, $db: command.database });
  }

  private charge(
    { name, namespace }: Command,
    operations: number,
    sums: { readonly spentUnits: number; readonly offeredUnits: number; readonly refused: readonly unknown[] },
    startedMs: number,
  ): void {
    const { state } = this;
    if (!state.isRu) return;
    const now = state.nowMs();
    const charge = {
      name,
      operations,
      refused: sums.refused.length,
      spent: sums.spentUnits,
      offered: sums.offeredUnits,
      isWrite: !READS.has(name) && name !== 'createIndexes' && !namespace.endsWith(`.${MARKER}`),
      availableUnits: state.throughput.flowed(now),
    };
    state.meter.charged(charge, now);
    this.statistics = {
      CommandName: name,
      RequestCharge: new BSON.Double(sums.spentUnits),
      RequestDurationInMilliSeconds: Math.round(now - startedMs),
      EstimatedDelayFromRateLimitingInMilliseconds: 0,
      RetriedDueToRateLimiting: false,
      ActivityId: randomUUID(),
    };
  }

  private async indexKeysOf(namespace: string): Promise<readonly Document[]> {
    const known = this.state.indexKeys.get(namespace);
    if (known !== undefined) return known;
    const dot = namespace.indexOf('.');
    const answer = await this.ask({ listIndexes: namespace.slice(dot + 1), $db: namespace.slice(0, dot) });
    const batch = ((answer?.['cursor'] as Document | undefined)?.['firstBatch'] ?? []) as Document[];
    const keys = batch.map((index) => index['key'] as Document);
    // A collection that is not there yet will be: ask again then.
    if (keys.length > 0) this.state.indexKeys.set(namespace, keys);
    return keys;
  }

  /** Sends a command of the proxy's own over this session's connection. Undefined where the server is gone. */
  private async ask(command: Document): Promise<Document | undefined> {
    const answer = await this.forward(
      buildMsg({ requestId: this.nextRequestId++, responseTo: 0, body: BSON.serialize(command) }),
    );
    return answer === undefined ? undefined : decode(answer);
  }

  private async forward(message: Buffer): Promise<Buffer | undefined> {
    await write(this.server, message);
    const next = await this.answers.next();
    return next.done === true ? undefined : next.value.body;
  }

  private async send(request: WireMessage, answer: Answer): Promise<void> {
    const body = Buffer.isBuffer(answer) ? answer : BSON.serialize(answer);
    const init = { requestId: this.nextRequestId++, responseTo: request.requestId, body };
    await write(this.client, request.opCode === OP_QUERY ? buildReply(init) : buildMsg(init));
  }
}

function decode(answer: Buffer): Document {
  return BSON.deserialize(answer, { promoteValues: false });
}

function failed(failure: Pick<CommandFailure, 'code'> & Partial<CommandFailure>): Document {
  const { code, codeName, errmsg } = failure;
  return { ok: 0, errmsg, code, codeName };
}

function sameKey(left: Document, right: Document): boolean {
  const text = (key: Document) => JSON.stringify(Object.entries(key).map(([name, order]) => [name, Number(order)]));
  return text(left) === text(right);
}

/** Writes and waits while the other side is slow. Returns when the socket is gone, too. */
async function write(socket: Socket, bytes: Buffer): Promise<void> {
  if (socket.destroyed || socket.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}
