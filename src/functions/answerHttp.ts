import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { redact } from '../config/redact.ts';
import { ERROR_POLICY, type ErrorKind, MigrationError, toProblem } from '../errors.ts';
import { traceOf } from '../runtime/traceOf.ts';

/** Makes an HTTP function of a handler: failures become `{ error: { kind, message, hint } }` with the status of their kind, without stack or secret. */
export function answerHttp(
  handler: (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>,
): HttpHandler {
  return async (request, context) => {
    try {
      return await handler(request, context);
    } catch (error) {
      const problem = toProblem(error);
      if (!(error instanceof MigrationError)) context.error(redact(traceOf(error)));
      const { status, fields } = error instanceof HttpError ? error : { status: null, fields: {} };
      return jsonAnswer(status ?? ERROR_POLICY[problem.kind].httpStatus, { ...fields, error: problem });
    }
  };
}

/** A failure that is answered with a status of its own (`null`: that of its kind) or with fields beside `error`. */
export class HttpError extends MigrationError {
  readonly status: number | null;
  readonly fields: Readonly<Record<string, string>>;

  constructor(
    kind: ErrorKind,
    message: string,
    hint: string,
    special: { readonly status?: number; readonly fields?: HttpError['fields'] },
  ) {
    super(kind, message, { hint });
    this.status = special.status ?? null;
    this.fields = special.fields ?? {};
  }
}

/** Nothing on the way may keep an answer: the next one to the same question differs. */
export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponseInit {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}
