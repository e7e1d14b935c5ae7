import { readFileSync } from 'node:fs';
import { MigrationError } from '../errors.ts';
import type { Environment } from './environment.ts';

/** A host takes a setting of this name over what its host.json says (learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values). */
export const FUNCTION_TIMEOUT = 'AzureFunctionsJobHost__functionTimeout';

/**
 * Milliseconds after which the host ends an invocation; Infinity where it has no limit, or names none. Throws `config` for what
 * the host itself would refuse, and what reading the file throws.
 */
export function readFunctionTimeout(hostFile: URL, env: Environment = process.env): number {
  const { functionTimeout } = JSON.parse(readFileSync(hostFile, 'utf8')) as { readonly functionTimeout?: unknown };
  const override = env[FUNCTION_TIMEOUT];
  const span = override ?? functionTimeout ?? '-1';
  if (span === '-1') return Number.POSITIVE_INFINITY;
  const [, days = '0', hours, minutes, seconds] =
    /^(?:(\d+)\.)?(\d\d?):(\d\d?):(\d\d?(?:\.\d+)?)$/.exec(String(span)) ?? [];
  if (hours === undefined || minutes === undefined || seconds === undefined) {
    const place = override === undefined ? 'functionTimeout in host.json' : `The setting ${FUNCTION_TIMEOUT}`;
    throw new MigrationError('config', `${place} is no time`, { hint: 'Write it as 00:30:00, or -1 for none' });
  }
  return 1000 * (Number(seconds) + 60 * (Number(minutes) + 60 * (Number(hours) + 24 * Number(days))));
}
