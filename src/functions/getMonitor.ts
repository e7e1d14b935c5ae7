import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { MONITOR_PAGE_CSP, MONITOR_PAGE_HTML } from './monitorPage.ts';

/** `GET /api/monitor`: the live page. Anonymous, as it holds nothing: its data calls need the key. */
export const getMonitor = (_request: HttpRequest): Promise<HttpResponseInit> =>
  Promise.resolve({
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': MONITOR_PAGE_CSP,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
    body: MONITOR_PAGE_HTML,
  });
