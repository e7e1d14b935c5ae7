import type { Socket } from 'node:net';

const OP_REPLY = 1;
export const OP_QUERY = 2004;
export const OP_MSG = 2013;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
const MAX_MESSAGE_BYTES = 48_000_000 + 16_384;

/** A message of the MongoDB wire protocol. `body` is the raw command or answer, `sequences` what came as document sequences. */
export interface WireMessage {
  readonly raw: Buffer;
  readonly requestId: number;
  readonly responseTo: number;
  readonly opCode: number;
  readonly moreToCome: boolean;
  readonly body: Buffer;
  readonly sequences: ReadonlyArray<readonly [name: string, documents: readonly Buffer[]]>;
}

/** Whole messages as they arrive. Ends when the socket does, whether it was closed, cut or destroyed here. */
export async function* readMessages(socket: Socket): AsyncGenerator<WireMessage> {
  let chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of socket) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size < wanted(chunks, size)) continue;
      let rest = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      while (rest.length >= 16 && rest.length >= rest.readInt32LE(0)) {
        const length = rest.readInt32LE(0);
        yield parseMessage(rest.subarray(0, length));
        rest = rest.subarray(length);
      }
      chunks = rest.length === 0 ? [] : [rest];
      size = rest.length;
    }
  } catch (error) {
    // A peer that resets, or a cut that this proxy made: for the reader both are the end of the stream.
    if (!isSocketEnd(error)) throw error;
  }
}

function wanted(chunks: Buffer[], size: number): number {
  if (size < 16) return 16;
  if ((chunks[0] as Buffer).length < 4) chunks.splice(0, chunks.length, Buffer.concat(chunks));
  const length = (chunks[0] as Buffer).readInt32LE(0);
  if (length < 16 || length > MAX_MESSAGE_BYTES) throw new Error(`A message of ${length} bytes is none`);
  return length;
}

function isSocketEnd(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code !== undefined && SOCKET_ENDS.has(code);
}

const SOCKET_ENDS: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
]);

function parseMessage(raw: Buffer): WireMessage {
  const header = { raw, requestId: raw.readInt32LE(4), responseTo: raw.readInt32LE(8), opCode: raw.readInt32LE(12) };
  if (header.opCode === OP_MSG) return { ...header, ...parseSections(raw) };
  const rest = { moreToCome: false, sequences: [] };
  if (header.opCode === OP_QUERY) {
    const nameEnd = raw.indexOf(0, 20);
    return { ...header, ...rest, body: documentAt(raw, nameEnd + 9) };
  }
  if (header.opCode === OP_REPLY) return { ...header, ...rest, body: documentAt(raw, 36) };
  throw new Error(`Operation code ${header.opCode} is not spoken here`);
}

function parseSections(raw: Buffer): Pick<WireMessage, 'moreToCome' | 'body' | 'sequences'> {
  const flags = raw.readUInt32LE(16);
  const end = raw.length - ((flags & CHECKSUM_PRESENT) === 0 ? 0 : 4);
  const sequences: Array<readonly [string, Buffer[]]> = [];
  let body: Buffer | undefined;
  let at = 20;
  while (at < end) {
    const kind = raw.readUInt8(at);
    at += 1;
    if (kind === 0) {
      body = documentAt(raw, at);
      at += body.length;
    } else if (kind === 1) {
      const sectionEnd = at + raw.readInt32LE(at);
      const nameEnd = raw.indexOf(0, at + 4);
      const documents: Buffer[] = [];
      for (let inner = nameEnd + 1; inner < sectionEnd; ) {
        const document = documentAt(raw, inner);
        documents.push(document);
        inner += document.length;
      }
      sequences.push([raw.toString('utf8', at + 4, nameEnd), documents]);
      at = sectionEnd;
    } else {
      throw new Error(`Section kind ${kind} is not spoken here`);
    }
  }
  if (body === undefined) throw new Error('A message without body');
  return { moreToCome: (flags & MORE_TO_COME) !== 0, body, sequences };
}

function documentAt(raw: Buffer, at: number): Buffer {
  return raw.subarray(at, at + raw.readInt32LE(at));
}

/** An OP_MSG without checksum: one body and any document sequences. */
export function buildMsg(init: {
  readonly requestId: number;
  readonly responseTo: number;
  readonly body: Uint8Array;
  readonly sequences?: ReadonlyArray<readonly [string, readonly Buffer[]]>;
  readonly moreToCome?: boolean;
}): Buffer {
  const parts: Uint8Array[] = [Buffer.alloc(21), init.body];
  for (const [name, documents] of init.sequences ?? []) {
    const size = 4 + Buffer.byteLength(name) + 1 + documents.reduce((sum, document) => sum + document.length, 0);
    const head = Buffer.alloc(5);
    head.writeUInt8(1, 0);
    head.writeInt32LE(size, 1);
    parts.push(head, Buffer.from(`${name}\0`), ...documents);
  }
  const message = Buffer.concat(parts);
  writeHeader(message, init.requestId, init.responseTo, OP_MSG);
  message.writeUInt32LE(init.moreToCome === true ? MORE_TO_COME : 0, 16);
  return message;
}

/** An OP_REPLY with one document: the answer to a handshake that came as OP_QUERY. */
export function buildReply(init: {
  readonly requestId: number;
  readonly responseTo: number;
  readonly body: Uint8Array;
}): Buffer {
  const message = Buffer.concat([Buffer.alloc(36), init.body]);
  writeHeader(message, init.requestId, init.responseTo, OP_REPLY);
  message.writeInt32LE(8, 16); // AwaitCapable, as every server says.
  message.writeInt32LE(1, 32);
  return message;
}

function writeHeader(message: Buffer, requestId: number, responseTo: number, opCode: number): void {
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(requestId, 4);
  message.writeInt32LE(responseTo, 8);
  message.writeInt32LE(opCode, 12);
}
