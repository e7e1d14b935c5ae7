import type { HttpRequest } from '@azure/functions';
import { HttpError } from './answerHttp.ts';

/** Largest request body, in bytes. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * The body of a request as text, empty where there is none. Throws 400 where it is cut or no UTF-8, and 413 over 64 KiB, of
 * which no more than that is ever kept.
 */
export async function readBody(request: HttpRequest): Promise<string> {
  const announced = request.headers.get('content-length');
  if (Number(announced ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const bytes = await readBytes(request);
  if (announced !== null && bytes.length < Number(announced)) throw cutOff();
  return decode(bytes);
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

function refusal(status: number, message: string, hint: string): HttpError {
  return new HttpError('usage', message, hint, { status });
}

function cutOff(): HttpError {
  return refusal(400, 'The request body ended before its announced length: nothing was done', 'Send it again');
}

function tooLarge(): HttpError {
  return refusal(
    413,
    `The request body is larger than ${MAX_BODY_BYTES} bytes: nothing was done`,
    'A start request needs a few hundred bytes, other requests none',
  );
}
