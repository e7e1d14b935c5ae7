import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What this host takes from host.json. */
export interface HostFile {
  /** First part of every function's path; may be empty. */
  readonly routePrefix: string;
  readonly taskHub: string;
  readonly maxActivities: number;
  readonly maxOrchestrators: number;
  /** Messages of an orchestration that one turn takes at most. */
  readonly maxMessages: number;
  /** How long a function may run, in milliseconds; Infinity where host.json names no limit or `-1`. */
  readonly functionTimeoutMs: number;
  /** How long a client's word to an orchestration is under way, in milliseconds. The setting FUNCTIONS_CONTROL_DELAY_MS, no value of host.json. */
  readonly controlDelayMs: number;
}

const OVERRIDE = 'AzureFunctionsJobHost__';
const DEFAULT_PARALLEL_CALLS = 10;
const DEFAULT_MESSAGES = 256;
/** The extension takes 100 to 700 ms. */
const DEFAULT_CONTROL_DELAY = '100';

/**
 * Reads the app's host.json. As on Azure, a setting `AzureFunctionsJobHost__a__b` takes the place of the value `a.b`, and
 * `%NAME%` in the hub's name stands for a setting. Throws for a value of the wrong kind.
 */
export function readHostFile(appDirectory: string, environment: NodeJS.ProcessEnv): HostFile {
  const file = join(appDirectory, 'host.json');
  const content: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const value = (...path: string[]): unknown =>
    environment[OVERRIDE + path.join('__')] ?? path.reduce<unknown>((node, key) => property(node, key), content);
  /** Whoever has to correct a value must be told where it stands. */
  const nameOf = (...path: string[]): string => {
    const setting = OVERRIDE + path.join('__');
    return environment[setting] === undefined ? `host.json: ${path.join('.')}` : `The setting ${setting}`;
  };
  const limit = (fallback: number, ...rest: string[]): number => {
    const path = ['extensions', 'durableTask', ...rest];
    const found = Number(value(...path) ?? fallback);
    if (Number.isInteger(found) && found >= 1) return found;
    throw new Error(`${nameOf(...path)} must be a whole number from 1 on`);
  };
  return {
    routePrefix: text(value('extensions', 'http', 'routePrefix'), 'extensions.http.routePrefix') ?? 'api',
    taskHub: resolveNames(text(value('extensions', 'durableTask', 'hubName'), 'hubName') ?? 'LocalHub', environment),
    maxActivities: limit(DEFAULT_PARALLEL_CALLS, 'maxConcurrentActivityFunctions'),
    maxOrchestrators: limit(DEFAULT_PARALLEL_CALLS, 'maxConcurrentOrchestratorFunctions'),
    maxMessages: limit(DEFAULT_MESSAGES, 'storageProvider', 'controlQueueBatchSize'),
    functionTimeoutMs: readTimeSpan(text(value('functionTimeout'), 'functionTimeout'), nameOf('functionTimeout')),
    controlDelayMs: readDelay(environment['FUNCTIONS_CONTROL_DELAY_MS'] ?? DEFAULT_CONTROL_DELAY),
  };
}

function property(node: unknown, key: string): unknown {
  return typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[key] : undefined;
}

function text(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new Error(`host.json: ${name} must be a text`);
}

/** Milliseconds of `[days.]hh:mm:ss[.fraction]`. */
function readTimeSpan(span: string | undefined, name: string): number {
  if (span === undefined || span === '-1') return Number.POSITIVE_INFINITY;
  const found = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2}):(\d{1,2}(?:\.\d+)?)$/.exec(span);
  if (found === null) throw new Error(`${name} must be a time such as 00:30:00, or -1 for none`);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000;
}

function readDelay(delay: string): number {
  const found = Number(delay);
  if (Number.isFinite(found) && found >= 0) return found;
  throw new Error('The setting FUNCTIONS_CONTROL_DELAY_MS must be a number of milliseconds');
}

function resolveNames(text: string, environment: NodeJS.ProcessEnv): string {
  return text.replaceAll(/%([^%]+)%/g, (whole, name: string) => environment[name] ?? whole);
}
