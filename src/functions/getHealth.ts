import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { VERSION } from '../runtime/program.ts';
import { jsonAnswer } from './answerHttp.ts';

/** `GET /api/health`: anonymous, so it says only that the app is up and which version. */
export function getHealth(_request: HttpRequest): Promise<HttpResponseInit> {
  return Promise.resolve(jsonAnswer(200, { status: 'ok', version: VERSION }));
}
