import { z } from 'zod';
import type { ControlAction } from '../../contract/controlAction.ts';
import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import type { ReportDocument } from '../../contract/reportFiles.ts';
import { StartRequest } from '../../contract/startRequest.ts';
import { ERROR_KINDS, ERROR_POLICY, type ErrorKind, MigrationError } from '../../errors.ts';
import { commandWords } from './commandWords.ts';

/** A function app as the command sees it. All calls throw MigrationError; {@link isWorthRetrying} tells which to repeat. */
export interface ApiClient {
  /** Host and port, for messages. */
  readonly host: string;
  readonly start: (route: 'migrations' | 'analyses', body: unknown) => Promise<{ readonly id: string }>;
  readonly list: () => Promise<readonly MigrationStatus[]>;
  readonly status: (id: string) => Promise<MigrationStatus>;
  /** The request that a run was begun with; null where the app cannot tell. */
  readonly begunWith: (id: string) => Promise<StartRequest | null>;
  /** The report in one of its forms, or what stands beside it, as text. */
  readonly report: (id: string, format: ReportDocument) => Promise<string>;
  /** What was found different and what was deleted, a JSON document a line: however much, piece by piece as it is taken. */
  readonly differences: (id: string) => AsyncIterable<Uint8Array>;
  readonly control: (id: string, action: ControlAction) => Promise<void>;
}

/** No answer, or one that says to come again: another attempt may succeed. */
class NoAnswerError extends MigrationError {}

/** True for a failure that says nothing about the migration itself: network, overload, a host that restarts. */
export function isWorthRetrying(error: unknown): error is MigrationError {
  return error instanceof NoAnswerError;
}

/** Whoever waits for a first answer is told after this long. */
const SILENT_MS = 5_000;

/** Longer than a use of blob storage may take (`USE_LIMIT_MS` in src/storage/azureBlobStore.ts): the app then says itself that its storage is away. */
const REQUEST_TIMEOUT_MS = 75_000;

const ErrorBody = z.object({
  error: z.object({ kind: z.string().optional(), message: z.string(), hint: z.string().optional() }),
});
const Started = z.object({ id: z.string() });
const StatusBody = z.looseObject({ id: z.string(), status: z.string() });
const ListBody = z.union([z.array(StatusBody), z.looseObject({ migrations: z.array(StatusBody) })]);

function errorKindOf(written: string | undefined, status: number): ErrorKind {
  const kind = ERROR_KINDS.find((known) => known === written);
  if (kind !== undefined) return kind;
  if (status === 404) return 'not-found';
  if (status === 409) return 'conflict';
  return status >= 500 ? 'internal' : 'config';
}

function failureOf(status: number, text: string, host: string, url: string | null): MigrationError {
  if (status === 401 || status === 403) {
    return new MigrationError('config', `The function app at ${host} refuses the key (HTTP ${status})`, {
      hint: 'Give a function key or host key of the app as MLFLOW_MIGRATE_KEY, --key-vault with --key-secret, or --key; where Microsoft Entra stands in front of it, a fresh token as MLFLOW_MIGRATE_TOKEN too',
    });
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Not the app's own answer, but one of something in between: its status is all there is to tell.
    body = undefined;
  }
  const parsed = ErrorBody.safeParse(body);
  const Class = status === 429 || status === 408 || status >= 500 ? NoAnswerError : MigrationError;
  if (parsed.success) {
    const { kind, message, hint } = parsed.data.error;
    const known = errorKindOf(kind, status);
    return new Class(known, message, { hint: commandWords(hint ?? ERROR_POLICY[known].hint, url) });
  }
  return new Class(errorKindOf(undefined, status), `The function app at ${host} answered HTTP ${status}`, {
    hint: 'Is this the address of the migration app? GET /api/health answers without a key',
  });
}

/**
 * A client for the app at a base address. Key and token go into headers, and follow no redirect to elsewhere. The token is one of
 * Microsoft Entra, for an app that wants one besides the key. `onSilence` is called once, where the first answer is long in coming.
 * `deployedAt` is what commands in hints are told to look at; without it, this machine.
 */
export function createApiClient(
  baseUrl: string,
  key: string | null,
  signal: AbortSignal,
  {
    token = null,
    onSilence,
    deployedAt = null,
  }: {
    readonly token?: string | null;
    readonly onSilence?: (host: string) => void;
    readonly deployedAt?: string | null;
  } = {},
): ApiClient {
  const { host } = new URL(baseUrl);
  let hasAnswered = false;
  let isTold = false;
  const tell = (): void => {
    if (!isTold && !hasAnswered) onSilence?.(host);
    isTold = true;
  };
  const ask = async (method: 'GET' | 'POST', path: string, until: AbortSignal, body?: unknown): Promise<Response> => {
    const waited = setTimeout(tell, SILENT_MS);
    const response = await fetch(`${baseUrl}/api/${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { 'x-functions-key': key }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.any([signal, until]),
    }).finally(() => clearTimeout(waited));
    hasAnswered = true;
    return response;
  };
  const noAnswer = (error: unknown): MigrationError => {
    signal.throwIfAborted();
    const code = (error as { cause?: { code?: unknown } }).cause?.code;
    const why = typeof code === 'string' ? ` (${code})` : '';
    // Where nobody has ever answered, the address is wrong, and not the app.
    const isNobody = !hasAnswered && (code === 'ENOTFOUND' || code === 'ECONNREFUSED');
    return new NoAnswerError(isNobody ? 'config' : 'internal', `The function app at ${host} does not answer${why}`, {
      hint: 'Check the address and that the app is running',
      cause: error,
    });
  };
  const request = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<string> => {
    let response: Response;
    let text: string;
    try {
      response = await ask(method, path, AbortSignal.timeout(REQUEST_TIMEOUT_MS), body);
      text = await response.text();
    } catch (error) {
      throw noAnswer(error);
    }
    if (!response.ok) throw failureOf(response.status, text, host, deployedAt);
    return text;
  };
  async function* stream(path: string): AsyncGenerator<Uint8Array> {
    // The limit is one for each piece: whoever takes them may be slow, and there may be hours of them.
    const silence = new AbortController();
    const isWaited = <T>(piece: Promise<T>): Promise<T> => {
      const limit = setTimeout(() => silence.abort(), REQUEST_TIMEOUT_MS);
      return piece.finally(() => clearTimeout(limit));
    };
    let response: Response;
    let refusal: string | null;
    try {
      response = await isWaited(ask('GET', path, silence.signal));
      refusal = response.ok ? null : await isWaited(response.text());
    } catch (error) {
      throw noAnswer(error);
    }
    if (refusal !== null) throw failureOf(response.status, refusal, host, deployedAt);
    const pieces = response.body?.getReader();
    try {
      for (;;) {
        const piece = await isWaited(pieces?.read() ?? Promise.resolve({ done: true, value: undefined }));
        if (piece.value === undefined) return;
        yield piece.value;
      }
    } catch (error) {
      throw noAnswer(error);
    } finally {
      silence.abort();
    }
  }
  const json = async <T>(text: Promise<string>, schema: z.ZodType<T>): Promise<T> => {
    const body = await text;
    try {
      return schema.parse(JSON.parse(body));
    } catch (error) {
      throw new MigrationError('internal', `The function app at ${host} did not answer like the migration app`, {
        hint: 'Is this the address of the migration app, and the same version as this command?',
        cause: error,
      });
    }
  };
  const at = (id: string): string => `migrations/${encodeURIComponent(id)}`;
  return {
    host,
    start: (route, body) => json(request('POST', route, body), Started),
    list: async () => {
      const body = await json(request('GET', 'migrations'), ListBody);
      return (Array.isArray(body) ? body : body.migrations) as unknown as readonly MigrationStatus[];
    },
    status: async (id) => (await json(request('GET', at(id)), StatusBody)) as unknown as MigrationStatus,
    begunWith: async (id) => {
      try {
        return await json(request('GET', `${at(id)}/request`), StartRequest);
      } catch (error) {
        if (error instanceof MigrationError && error.kind === 'not-found') return null;
        throw error;
      }
    },
    report: (id, format) => request('GET', `${at(id)}/report${format === 'json' ? '' : `?format=${format}`}`),
    differences: (id) => stream(`${at(id)}/differences`),
    control: async (id, action) => {
      await request('POST', `${at(id)}/${action}`);
    },
  };
}
