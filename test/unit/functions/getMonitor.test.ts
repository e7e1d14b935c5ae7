import { expect, test } from 'vitest';
import { getMonitor } from '../../../src/functions/getMonitor.ts';

test('the page is served whole, kept by nobody, and may run its own script and nothing else', async () => {
  expect(await getMonitor({ html: '<p>page</p>', scriptHash: 'aGFzaA==' })()).toEqual({
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; script-src 'sha256-aGFzaA=='; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
    body: '<p>page</p>',
  });
});
