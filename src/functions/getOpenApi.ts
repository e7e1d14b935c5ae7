import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { jsonAnswer } from './answerHttp.ts';
import { openApi } from './openApi.ts';

/** `GET /api/openapi.json`: anonymous, as it is the same for every app of this version. */
export function getOpenApi(_request: HttpRequest): Promise<HttpResponseInit> {
  return Promise.resolve(jsonAnswer(200, openApi()));
}
