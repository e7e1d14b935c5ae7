import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { TraceLine } from './recorder.ts';
import type { Status, TestHost } from './testHost.ts';

/** A call, wait or pause of a recording (recordings/README.md, "Format"). */
interface RecordedStep {
  readonly call?: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer?: unknown;
  readonly wait?: string;
  readonly until?: string;
  readonly timedOut?: boolean;
  readonly sleep?: number;
  readonly together?: number;
}

/** One run of a case, as recorded or as seen here. */
export interface Run {
  /** When the first call was made, in milliseconds since 1970; recordings have their times normalized already. */
  readonly begin?: number;
  readonly client: readonly object[];
  readonly turns: readonly Turn[];
  readonly activities: readonly object[];
  readonly final: Readonly<Record<string, { readonly status: number; readonly answer: unknown }>>;
}

interface Turn {
  readonly instance: string;
  readonly function: string;
  readonly at: number;
  readonly trigger: { readonly history: readonly { readonly EventType: number }[]; readonly parentInstanceId?: string };
  readonly answer?: unknown;
  readonly threw?: object;
  readonly unfinished?: true;
}

/** Longer pauses of a recording only made sure that nothing more happened. */
const LONGEST_SLEEP_MS = 3000;
/** A busy machine needs some time to take a message that the recording took within 50 ms. */
const SHORTEST_SLEEP_MS = 150;
const POLL_MS = 100;
/** How long the recording waited before it took the final status. */
const SETTLE_MS = 250;
const FULL = 'showHistory=true&showHistoryOutput=true&showInput=true';

/**
 * Makes the calls of a recorded run at a host that writes its trace to `traceFile`, and gives the run as it went here.
 * `patienceMs` bounds each wait for a status.
 */
export async function replayCase(host: TestHost, recorded: Run, traceFile: string, patienceMs: number): Promise<Run> {
  const steps = recorded.client as readonly RecordedStep[];
  const begin = Date.now();
  const names = new Map<string, string>();
  const instances = new Set<string>();
  const client: object[] = [];
  let token = '';
  const actual = (text: string): string => unfold(text).replace(/\bg\d+\b/g, (name) => names.get(name) ?? name);

  const call = async (step: RecordedStep): Promise<object> => {
    const line = actual(step.call ?? '').replace(
      /=t([+-]\d+)/g,
      (_, ms) => `=${new Date(begin + Number(ms)).toISOString()}`,
    );
    const [method = 'GET', path = ''] = line.split(/ (.*)/s);
    const body = step.body === undefined ? undefined : unfold(step.body);
    const type = step.contentType ?? (body === undefined ? '' : 'application/json');
    const headers = { ...step.headers, ...(type === '' ? {} : { 'content-type': type }) };
    if ('x-ms-continuation-token' in headers) Object.assign(headers, { 'x-ms-continuation-token': token });
    const at = Date.now();
    // Bytes, as a text would get a content type of its own.
    const response = await host.manage(method, path, {
      headers,
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    const answer = parse(await response.text());
    token = response.headers.get('x-ms-continuation-token') ?? token;
    note(path, step.answer, answer);
    const kept = ['location', 'retry-after', 'x-ms-continuation-token'];
    const answerHeaders = Object.fromEntries([...response.headers].filter(([name]) => kept.includes(name)));
    return { at, call: line, body, status: response.status, answerHeaders, answer, ended: Date.now() };
  };

  /** Keeps which instances the case is about, and what the recording calls a made-up id. */
  const note = (path: string, recordedAnswer: unknown, answer: unknown): void => {
    const named = /^(?:instances|orchestrators\/[^/?]+)\/([^/?]+)/.exec(path)?.[1];
    if (named !== undefined) instances.add(decodeURIComponent(named));
    const [known, own] = [idOf(recordedAnswer), idOf(answer)];
    if (own === undefined) return;
    instances.add(own);
    if (known !== undefined && /^g\d+$/.test(known)) names.set(known, own);
  };

  for (let at = 0; at < steps.length; at++) {
    const step = steps[at] ?? {};
    if (step.together !== undefined) {
      const others = steps.slice(at + 1, at + 1 + step.together);
      client.push(...(await Promise.all(others.map(call))));
      at += step.together;
    } else if (step.call !== undefined) client.push(await call(step));
    else if (step.sleep !== undefined) await delay(Math.max(Math.min(step.sleep, LONGEST_SLEEP_MS), SHORTEST_SLEEP_MS));
    else if (step.wait !== undefined) await waitFor(host, actual(step.wait), step, patienceMs);
  }
  await delay(SETTLE_MS);
  const { turns, activities } = await readTrace(traceFile, instances);
  const final: Record<string, { status: number; answer: unknown }> = {};
  const asked = Object.keys(recorded.final).map(actual);
  const seen = turns.map(({ instance }) => instance);
  for (const id of new Set([...asked.filter((name) => !/^g\d+\b/.test(name)), ...seen])) {
    const response = await host.manage('GET', `instances/${encodeURIComponent(id)}?${FULL}`);
    final[id] = { status: response.status, answer: parse(await response.text()) };
  }
  return { begin, client, turns, activities, final };
}

async function waitFor(
  host: TestHost,
  id: string,
  { until = '', timedOut = false }: RecordedStep,
  patienceMs: number,
): Promise<void> {
  const [kind, value] = until.split(':');
  const end = Date.now() + (timedOut ? LONGEST_SLEEP_MS : patienceMs);
  for (; Date.now() < end; await delay(POLL_MS)) {
    const response = await host.manage('GET', `instances/${encodeURIComponent(id)}`);
    const status = parse(await response.text()) as Partial<Status>;
    if (kind === 'status' && status.runtimeStatus === value) return;
    if (kind === 'customStatus' && status.customStatus === value) return;
    if (kind === 'finished' && response.status === 200) return;
  }
}

/** The turns and activity calls of these instances and of all that descend from them, which join the set. */
async function readTrace(file: string, instances: Set<string>): Promise<Pick<Run, 'turns' | 'activities'>> {
  const calls = new Map<number, TraceLine>();
  for (const text of (await readFile(file, 'utf8')).split('\n')) {
    // The host may be in the middle of its last line.
    if (!text.endsWith('}')) continue;
    const line = JSON.parse(text) as TraceLine;
    calls.set(line.call, line);
  }
  const all = [...calls.values()].sort((left, right) => left.call - right.call);
  const turns: Turn[] = [];
  const activities: object[] = [];
  for (const line of all) {
    const { instance, function: name, at } = line;
    const known = { instance, function: name, at };
    if (line.kind === 'activity') {
      if (!instances.has(instance)) continue;
      const { given: input, ended } = line;
      const result = line.thrown === undefined ? { result: line.answer } : { error: { message: line.thrown } };
      activities.push({ ...known, input, ...(ended === undefined ? { unfinished: true } : { ended, ...result }) });
      continue;
    }
    const trigger = line.given as Turn['trigger'];
    const isDescendant = instances.has(trigger.parentInstanceId ?? '');
    if (!instances.has(instance) && !isDescendant) continue;
    instances.add(instance);
    if (isProbe(turns, instance, trigger)) continue;
    if (line.ended === undefined) turns.push({ ...known, trigger, unfinished: true });
    else if (line.thrown === undefined) turns.push({ ...known, trigger, answer: line.answer });
    else turns.push({ ...known, trigger, threw: thrown(line.thrown) });
  }
  return { turns, activities };
}

/** Whether the host replayed a part of a turn that it had taken, to learn which event led to continueAsNew. */
function isProbe(turns: readonly Turn[], instance: string, trigger: Turn['trigger']): boolean {
  const former = turns.findLast((turn) => turn.instance === instance)?.trigger.history;
  const begin = (history: Turn['trigger']['history']): string =>
    JSON.stringify({ ...history.find(({ EventType }) => EventType === 0), IsPlayed: true });
  return former !== undefined && begin(former) === begin(trigger.history) && trigger.history.length < former.length;
}

function thrown(message: string): object {
  const label = '$OutOfProcData$:';
  const end = message.indexOf(label) + label.length;
  if (end < label.length) return { message };
  return { before: message.slice(0, end), json: JSON.parse(message.slice(end)) as unknown };
}

/** Undoes what the recordings do to long texts: `⟨p*1000⟩` stands for 1,000 times p. */
function unfold(text: string): string {
  return text.replace(/⟨(.)\*(\d+)⟩/gu, (_, character: string, times) => character.repeat(Number(times)));
}

function idOf(answer: unknown): string | undefined {
  const id = (answer as { id?: unknown } | null)?.id;
  return typeof id === 'string' ? id : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
