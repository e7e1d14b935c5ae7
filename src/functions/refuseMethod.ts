import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Problem } from '../errors.ts';
import { jsonAnswer } from './answerHttp.ts';
import type { PathMethods } from './routes.ts';

/** Answers each method that a path does not take with 405 and the ones that it takes. */
export function refuseMethod({ path, allowed }: Pick<PathMethods, 'path' | 'allowed'>) {
  return (request: HttpRequest): Promise<HttpResponseInit> => {
    const error: Problem = {
      kind: 'usage',
      message: `/api/${path} does not take ${request.method}`,
      hint: `Send ${allowed.join(' or ')}; GET /api/openapi.json describes every route`,
    };
    return Promise.resolve(jsonAnswer(405, { error }, { allow: allowed.join(', ') }));
  };
}
