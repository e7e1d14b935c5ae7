import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Copies `Values` of the app's local.settings.json into the environment, where a variable that exists already wins. */
export function applyLocalSettings(appDirectory: string, environment: NodeJS.ProcessEnv): void {
  const file = join(appDirectory, 'local.settings.json');
  if (!existsSync(file)) return;
  const content = JSON.parse(readFileSync(file, 'utf8')) as { Values?: unknown } | null;
  const values = content?.Values ?? {};
  if (typeof values !== 'object') throw new Error(`${file}: Values must be an object`);
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') throw new Error(`${file}: the value of ${name} must be a text`);
    environment[name] ??= value;
  }
}

/**
 * Keeps requests between the host and the app on this machine: the durable client uses axios, which would send even
 * loopback requests through a proxy named in the environment.
 */
export function bypassProxyForLoopback(environment: NodeJS.ProcessEnv): void {
  const hasProxy = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].some((name) => environment[name]);
  if (!hasProxy) return;
  for (const name of ['NO_PROXY', 'no_proxy']) {
    environment[name] = [environment[name], '127.0.0.1', 'localhost'].filter(Boolean).join(',');
  }
}
