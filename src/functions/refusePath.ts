import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { redact } from '../config/redact.ts';
import type { Problem } from '../errors.ts';
import { jsonAnswer } from './answerHttp.ts';

const SHOWN = 200;

/** Answers a path below `/api` that no route has with 404 and where the routes are told, as the host would answer without a body. */
export function refusePath(request: HttpRequest): Promise<HttpResponseInit> {
  const error: Problem = {
    kind: 'not-found',
    message: `There is no route ${redact(new URL(request.url).pathname).slice(0, SHOWN)}`,
    hint: 'GET /api/openapi.json describes every route',
  };
  return Promise.resolve(jsonAnswer(404, { error }));
}
