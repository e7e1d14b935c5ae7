import type { HttpResponseInit } from '@azure/functions';
import type { MonitorPage } from '../monitor/page.html';

/**
 * `GET /api/monitor`: the live page. Anonymous, as it holds no data and no secret: it asks for a function key and polls the API
 * beside it.
 */
export function getMonitor({ html, scriptHash }: MonitorPage) {
  return (): Promise<HttpResponseInit> =>
    Promise.resolve({
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': securityPolicy(scriptHash),
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      },
      body: html,
    });
}

/**
 * The page's own script and nothing else runs, and it speaks to nobody but its own origin. Inline style is let through because a
 * report opened from the page inherits this policy.
 */
function securityPolicy(scriptHash: string): string {
  return [
    "default-src 'none'",
    `script-src 'sha256-${scriptHash}'`,
    "style-src 'unsafe-inline'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}
