import type { ConnectionList } from '../contract/connectionList.ts';
import type { ControlAction } from '../contract/controlAction.ts';
import type { MigrationReport } from '../contract/migrationReport.ts';
import type { MigrationSeries } from '../contract/migrationSeries.ts';
import type { MigrationList, MigrationStatus } from '../contract/migrationStatus.ts';
import type { StartRequest } from '../contract/startRequest.ts';
import type { Problem } from '../errors.ts';

const REQUEST_TIMEOUT_MS = 15_000;

/** As the report's route takes them in `format`. */
export type ReportFormat = 'html' | 'text' | 'json';

/** An answer that is none of success. Where the body is the app's own, it has its words. */
export class ApiError extends Error {
  readonly status: number;
  readonly hint: string;

  constructor(status: number, error: Partial<Problem>) {
    super(error.message || `The function app answered with status ${status}`);
    this.status = status;
    this.hint = error.hint ?? '';
  }
}

/** True where the app refused the key. */
export function isKeyRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 401 || error.status === 403);
}

/** The routes of the function app that the page uses. Calls throw {@link ApiError}, or what `fetch` throws where there is no answer. */
export interface Api {
  /** `query`: keys of the list's route. */
  readonly list: (query?: Readonly<Record<string, string>>) => Promise<MigrationList>;
  readonly status: (id: string) => Promise<MigrationStatus>;
  readonly act: (id: string, action: ControlAction) => Promise<void>;
  readonly series: (id: string) => Promise<MigrationSeries>;
  readonly connections: () => Promise<ConnectionList>;
  /** The body that starts a migration again. */
  readonly request: (id: string) => Promise<StartRequest>;
  /** Starts a run, and gives its id. */
  readonly start: (body: StartRequest) => Promise<string>;
  readonly findings: (id: string) => Promise<MigrationReport>;
  readonly report: (id: string, format: ReportFormat) => Promise<Blob>;
}

/** @param key goes into a header, never into a URL, and follows no redirect. */
export function createApi(key: string): Api {
  // The API stands beside the page, whatever the route prefix is.
  const base = location.pathname.replace(/\/monitor\/?$/, '');
  const request = async (path: string, method = 'GET', body?: unknown): Promise<Response> => {
    const response = await fetch(`${base}/${path}`, {
      method,
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      headers: { 'x-functions-key': key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (!response.ok) throw await failureOf(response);
    return response;
  };
  const read = async <T>(path: string): Promise<T> => (await (await request(path)).json()) as T;
  const at = (id: string): string => `migrations/${encodeURIComponent(id)}`;
  return {
    list: (query = {}) => {
      const keys = new URLSearchParams(query).toString();
      return read<MigrationList>(keys === '' ? 'migrations' : `migrations?${keys}`);
    },
    status: (id) => read<MigrationStatus>(at(id)),
    series: (id) => read<MigrationSeries>(`${at(id)}/series`),
    connections: () => read<ConnectionList>('connections'),
    request: (id) => read<StartRequest>(`${at(id)}/request`),
    start: async (body) => ((await (await request('migrations', 'POST', body)).json()) as { readonly id: string }).id,
    findings: (id) => read<MigrationReport>(`${at(id)}/report`),
    act: async (id, action) => {
      await request(`${at(id)}/${action}`, 'POST');
    },
    report: async (id, format) => {
      const query = format === 'json' ? '' : `?format=${format}`;
      return (await request(`${at(id)}/report${query}`)).blob();
    },
  };
}

async function failureOf(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { readonly error?: Partial<Problem> } | null;
    return new ApiError(response.status, body?.error ?? {});
  } catch {
    // Not the app's own answer, but one of something in between: its status is all there is to tell.
    return new ApiError(response.status, {});
  }
}
