import type { HttpResponseInit } from '@azure/functions';

/** `GET /`: leads to the live page, where the host would show a page of its own. */
export function leadToMonitor(): Promise<HttpResponseInit> {
  return Promise.resolve({ status: 302, headers: { location: '/api/monitor', 'cache-control': 'no-store' } });
}
