import type { HttpRequest } from '@azure/functions';
import { parseJsonStrictly } from '../config/parseJsonStrictly.ts';
import { SAYS_NOTHING_HINT } from '../config/schemas/parseStartRequest.ts';
import { HttpError } from './answerHttp.ts';
import { readBody } from './readBody.ts';

/**
 * The body of a start request as JSON. Nothing is read into an absent one: throws 400 where it is empty, cut or no JSON, 411
 * where it was announced as chunked and did not arrive, and 413 over 64 KiB, of which no more than that is ever kept.
 */
export async function readJsonBody(request: HttpRequest): Promise<unknown> {
  const text = await readBody(request);
  if (text === '') throw isChunked(request) ? lost() : empty();
  return parseJsonStrictly(text, 'The request body');
}

function isChunked(request: HttpRequest): boolean {
  return /\bchunked\b/i.test(request.headers.get('transfer-encoding') ?? '');
}

function empty(): HttpError {
  return new HttpError('usage', 'The request body is empty: nothing was started', SAYS_NOTHING_HINT, { status: 400 });
}

function lost(): HttpError {
  return new HttpError(
    'usage',
    'The request body was announced as chunked and did not arrive: nothing was started',
    `Send it with Content-Length in place of Transfer-Encoding: chunked. ${SAYS_NOTHING_HINT}`,
    { status: 411 },
  );
}
