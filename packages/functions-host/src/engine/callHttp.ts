import { setTimeout as delay } from 'node:timers/promises';
import type { HttpCall } from './actions.ts';

const DEFAULT_POLL_SECONDS = 30;

/**
 * Carries out a `callHttp`, whose request is JSON text. A 202 with a Location is followed here to its end, so that the
 * orchestration sees one task. Returns the JSON text of the SDK's DurableHttpResponse.
 */
export async function callHttp(requestText: string): Promise<string> {
  const call = JSON.parse(requestText) as HttpCall;
  const init: RequestInit = { method: call.method, headers: { ...call.headers } };
  if (call.content !== undefined && call.content !== null) init.body = call.content;
  let response = await fetch(call.uri, init);
  let location = response.headers.get('location');
  while (response.status === 202 && location !== null && call.asynchronousPatternEnabled !== false) {
    await response.body?.cancel();
    await delay(Number(response.headers.get('retry-after') ?? DEFAULT_POLL_SECONDS) * 1000);
    response = await fetch(new URL(location, call.uri), { headers: { ...call.headers } });
    location = response.headers.get('location') ?? location;
  }
  const content = await response.text();
  return JSON.stringify({ statusCode: response.status, headers: Object.fromEntries(response.headers), content });
}
