import { parseStartRequest } from '../../../../src/config/schemas/parseStartRequest.ts';
import { MigrationError } from '../../../../src/errors.ts';
import { ROUTES, type Route } from '../../../../src/functions/routes.ts';

/** What is wrong with a request to the app, as `curl` is told it; null: a route takes its method, query and body. */
export function faultOfCurlCall(words: readonly string[]): string | null {
  const after = (flag: string): string | undefined =>
    words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined;
  const written = words.find((word) => /^(?:\$\w+|https:\/\/[^/]+)\/api\//.test(word));
  if (written === undefined) return 'asks nothing of the app';
  const url = new URL(written.replace(/^\$\w+/, 'https://app.azurewebsites.net'));
  const method = after('-X') ?? 'GET';
  const route = Object.values(ROUTES as Readonly<Record<string, Route>>).find(
    ({ path, method: taken }) =>
      taken === method && new RegExp(`^/api/${path.replace('{id}', '[^/]+')}$`).test(url.pathname),
  );
  if (route === undefined) return `There is no route ${method} ${url.pathname}`;
  const unknown = [...url.searchParams.keys()].filter((key) => !(key in (route.query ?? {})));
  if (unknown.length > 0) return `${url.pathname} takes no ${unknown.join(', ')}`;
  const isOpen = route.isOpen === true || words.some((word) => word.startsWith('x-functions-key: '));
  if (!isOpen) return `${url.pathname} wants a function key`;
  const body = after('-d');
  if (body === undefined) return route.takesStartRequest === true ? 'has no body' : null;
  return faultOfBody(body, route.path === 'analyses' ? 'analyses' : 'migrations');
}

/** What the app would say against the body of a start request; null: nothing. */
export function faultOfBody(body: string, route: 'migrations' | 'analyses' = 'migrations'): string | null {
  try {
    parseStartRequest(JSON.parse(body), route);
    return null;
  } catch (error) {
    if (error instanceof MigrationError || error instanceof SyntaxError) return error.message;
    throw error;
  }
}
