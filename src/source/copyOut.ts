import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { asError } from '../errors.ts';

/** Types of the protocol's messages that come with a copy. */
const COPY_OUT_RESPONSE = 0x48;
const COPY_DATA = 0x64;
const COPY_DONE = 0x63;
const PARAMETER_STATUS = 0x53;
const NOTICE = 0x4e;
const NOTIFICATION = 0x41;
/** A message begins with its type and its length, which counts itself but not the type. */
const HEAD_BYTES = 5;

type DataListener = (chunk: Buffer) => void;

/**
 * `COPY … TO STDOUT` as a query of `pg`: reads the connection itself while data comes, and hands it back for all else.
 * A stream for each copy, as pg-copy-streams makes it, costs as much as encoding the rows (profile of a migration at scale
 * 1): here a message is handed over where it lies in the chunk that the socket read. What it relies on of `pg` beside its
 * documented `Submittable` is held by test/unit/source/pgInternals.test.ts.
 */
export class CopyOut implements pg.Submittable {
  readonly #text: string;
  readonly #onData: (bytes: Buffer, start: number, end: number) => void;
  readonly #isEnough: () => boolean;
  #stream: Duplex | null = null;
  #listener: DataListener | null = null;
  /** Parts of a message that is not all there yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Has a message come that is not data? It and all that follows is held for `pg`. */
  #isOver = false;
  /** Has the server ended the command, or what it failed with; null while it goes on. */
  #outcome: 'ended' | Error | null = null;
  #reader: PromiseWithResolvers<boolean> | null = null;

  /**
   * `onData` is called with the place of each message's data, synchronously, and may throw, which fails the copy. Where
   * `isEnough` after a chunk that the socket read, nothing more is read until the next {@link advance}.
   */
  constructor(text: string, onData: (bytes: Buffer, start: number, end: number) => void, isEnough: () => boolean) {
    this.#text = text;
    this.#onData = onData;
    this.#isEnough = isEnough;
  }

  /**
   * Reads on: true when there is enough, false when all was read and the server is ready for the next query. Rejects with
   * the server's or the connection's error, or with what `onData` has thrown.
   */
  advance(): Promise<boolean> {
    this.#reader = Promise.withResolvers<boolean>();
    const { promise } = this.#reader;
    if (this.#isOver) this.#handBack();
    this.#stream?.resume();
    this.#tell();
    return promise;
  }

  /** Called by `pg` when it is this query's turn. */
  submit(connection: pg.Connection): void {
    const { stream } = connection;
    const [listener] = stream.listeners('data') as DataListener[];
    if (listener === undefined) throw new TypeError('pg does not listen to its connection');
    this.#stream = stream;
    this.#listener = listener;
    stream.off('data', listener);
    stream.on('data', this.#take);
    connection.query(this.#text);
  }

  /** Called by `pg` for the server's error message, and when the connection is lost. */
  handleError(error: Error): void {
    this.#handBack();
    this.#end(error);
  }

  /** Called by `pg` with the count of rows, which nobody asks for. */
  handleCommandComplete(): undefined {
    return undefined;
  }

  /** Called by `pg` when the command has ended. */
  handleReadyForQuery(): void {
    this.#end('ended');
  }

  readonly #take = (chunk: Buffer): void => {
    let isEnough: boolean;
    try {
      this.#readMessages(chunk);
      isEnough = this.#isEnough();
    } catch (error) {
      // The connection is in the middle of data that nobody wants: its owner closes it.
      this.#stream?.off('data', this.#take);
      this.#stream?.pause();
      this.#end(asError(error));
      return;
    }
    if (isEnough) {
      this.#stream?.pause();
      this.#reader?.resolve(true);
      this.#reader = null;
    } else if (this.#isOver) {
      this.#handBack();
    }
  };

  #end(outcome: 'ended' | Error): void {
    this.#outcome ??= outcome;
    this.#tell();
  }

  /** Tells the outcome to whoever waits, if both are there. */
  #tell(): void {
    if (this.#outcome === null) return;
    if (this.#outcome === 'ended') this.#reader?.resolve(false);
    else this.#reader?.reject(this.#outcome);
    this.#reader = null;
  }

  #readMessages(chunk: Buffer): void {
    let at = this.#held.length === 0 ? 0 : this.#completeHeld(chunk);
    while (!this.#isOver && at + HEAD_BYTES <= chunk.length) {
      const end = at + 1 + chunk.readUInt32BE(at + 1);
      if (end > chunk.length) break;
      at = this.#readMessage(chunk, at, end);
    }
    if (at < chunk.length) this.#hold(chunk.subarray(at));
  }

  /** Completes the message that an earlier chunk began; returns where the next one begins. */
  #completeHeld(chunk: Buffer): number {
    let at = 0;
    while (this.#heldBytes < this.#heldMessageBytes()) {
      const part = chunk.subarray(at, at + this.#heldMessageBytes() - this.#heldBytes);
      if (part.length === 0) return at;
      this.#hold(part);
      at += part.length;
    }
    const message = Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    const used = this.#readMessage(message, 0, message.length);
    if (used < message.length) this.#hold(message.subarray(used));
    return at;
  }

  #hold(part: Buffer): void {
    this.#held.push(part);
    this.#heldBytes += part.length;
  }

  /** Length of the message that is held, or of its head as long as that is not there. */
  #heldMessageBytes(): number {
    if (this.#heldBytes < HEAD_BYTES) return HEAD_BYTES;
    let [first] = this.#held as [Buffer];
    if (first.length < HEAD_BYTES) {
      first = Buffer.concat(this.#held, this.#heldBytes);
      this.#held = [first];
    }
    return 1 + first.readUInt32BE(1);
  }

  /** Takes one message and says where what was not taken begins: messages that do not belong to data are `pg`'s. */
  #readMessage(bytes: Buffer, start: number, end: number): number {
    const type = bytes[start];
    if (type === COPY_DATA) {
      this.#onData(bytes, start + HEAD_BYTES, end);
      return end;
    }
    if (type === COPY_OUT_RESPONSE || type === PARAMETER_STATUS || type === NOTICE || type === NOTIFICATION) return end;
    this.#isOver = true;
    return type === COPY_DONE ? end : start;
  }

  /** Lets `pg` listen again, beginning with what was read and is not data. */
  #handBack(): void {
    const [stream, listener] = [this.#stream, this.#listener];
    if (stream === null || listener === null) return;
    this.#listener = null;
    stream.off('data', this.#take);
    stream.on('data', listener);
    const unread = this.#isOver ? this.#held : [];
    this.#held = [];
    if (unread.length > 0) listener(Buffer.concat(unread));
  }
}
