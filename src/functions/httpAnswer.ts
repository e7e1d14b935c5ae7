import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { redact } from '../config/redact.ts';
import { ERROR_POLICY, type ErrorKind, MigrationError, toProblem } from '../errors.ts';

/** Largest request body, in bytes (design §1). */
const MAX_BODY_BYTES = 64 * 1024;

/** Makes an HTTP function of a handler: failures become `{ error: { kind, message, hint } }` with the status of their kind, without stack or secret. */
export function answerHttp(
  handler: (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>,
): HttpHandler {
  return async (request, context) => {
    try {
      return await handler(request, context);
    } catch (error) {
      const problem = toProblem(error);
      if (!(error instanceof MigrationError)) {
        context.error(redact(error instanceof Error ? (error.stack ?? error.message) : 'unknown failure'));
      }
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

export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponseInit {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

/** The request's body as JSON; an empty one is `{}`. Throws 413 over the limit and 400 for what is no JSON. */
export async function readJsonBody(request: HttpRequest): Promise<unknown> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > MAX_BODY_BYTES) throw tooLarge();
  const bytes = Buffer.from(await request.arrayBuffer());
  if (bytes.length > MAX_BODY_BYTES) throw tooLarge();
  if (bytes.length === 0) return {};
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    // Engines quote the text around the fault: only where it is, is told.
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const where = position === undefined ? '' : ` (at character ${position})`;
    throw new MigrationError('usage', `The request body is not valid JSON${where}`, {
      hint: 'Send a JSON object, see GET /api/monitor or the README',
    });
  }
}

function tooLarge(): HttpError {
  return new HttpError(
    'usage',
    `The request body is larger than ${MAX_BODY_BYTES} bytes`,
    'A start request needs a few hundred bytes',
    { status: 413 },
  );
}
