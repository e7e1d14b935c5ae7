import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { AllowedConnections } from '../config/allowedConnections.ts';
import type { Environment } from '../config/environment.ts';
import { knownConnections } from '../config/knownConnections.ts';
import { jsonAnswer } from './answerHttp.ts';
import { refuseQueryKeys } from './refuseQueryKeys.ts';

/** `GET /api/connections`: the names of connections that a start request may give. */
export function listConnections(allowed: AllowedConnections, env: Environment) {
  return async (request: HttpRequest): Promise<HttpResponseInit> => {
    refuseQueryKeys(request, [], 'Leave it out: this route takes none');
    return jsonAnswer(200, knownConnections(allowed, env));
  };
}
