import type { HttpRequest } from '@azure/functions';
import { parseJsonStrictly } from '../config/parseJsonStrictly.ts';
import { SAYS_NOTHING_HINT } from '../config/schemas/parseStartRequest.ts';
import { HttpError } from './answerHttp.ts';

/** Largest request body, in bytes. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * The body of a start request as JSON. Nothing is read into an absent one: throws 400 where it is empty, cut or no JSON, 411
 * where it was announced as chunked and did not arrive, and 413 over 64 KiB, of which no more than that is ever kept.
 */
export async function readJsonBody(request: HttpRequest): Promise<unknown> {
  const announced = request.headers.get('content-length');
  if (Number(announced ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const bytes = await readBytes(request);
  if (announced !== null && bytes.length < Number(announced)) throw cutOff();
  if (bytes.length === 0) throw isChunked(request) ? lost() : empty();
  return parseJsonStrictly(decode(bytes), 'The request body');
}

async function readBytes(request: HttpRequest): Promise<Buffer> {
  const reader = request.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    // A failed stream is a failed connection; why is of no use to anyone, least of all to a client that is gone.
    const next = await reader?.read().catch(() => Promise.reject(cutOff()));
    if (next === undefined || next.done) return Buffer.concat(chunks, length);
    length += next.value.length;
    // The stream is left as it is: cancelling it would cut the connection on which the answer goes out.
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(next.value);
  }
}

/** Bytes that are no UTF-8 would become U+FFFD without a word, inside a name for instance. */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal(400, 'The request body is not text in UTF-8', 'Send JSON in UTF-8, neither compressed nor encoded');
  }
}

function isChunked(request: HttpRequest): boolean {
  return /\bchunked\b/i.test(request.headers.get('transfer-encoding') ?? '');
}

function refusal(status: number, message: string, hint: string): HttpError {
  return new HttpError('usage', message, hint, { status });
}

function empty(): HttpError {
  return refusal(400, 'The request body is empty: nothing was started', SAYS_NOTHING_HINT);
}

function cutOff(): HttpError {
  return refusal(400, 'The request body ended before its announced length: nothing was started', 'Send it again');
}

function lost(): HttpError {
  return refusal(
    411,
    'The request body was announced as chunked and did not arrive: nothing was started',
    `Send it with Content-Length in place of Transfer-Encoding: chunked. ${SAYS_NOTHING_HINT}`,
  );
}

function tooLarge(): HttpError {
  return refusal(
    413,
    `The request body is larger than ${MAX_BODY_BYTES} bytes: nothing was started`,
    'A start request needs a few hundred bytes',
  );
}
