import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ForkOptions, forkHost, type RunningHost } from '../../src/forkHost.ts';

/** The status object of the management API, as far as the tests read it. */
export interface Status {
  readonly name: string;
  readonly instanceId: string;
  readonly runtimeStatus: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly customStatus: unknown;
  readonly createdTime: string;
  readonly lastUpdatedTime: string;
  readonly historyEvents?: readonly Record<string, unknown>[];
}

/** A directory for the state files of one test file, and the hosts that run on them. */
export class TestHosts {
  readonly directory: string;
  readonly #hosts: TestHost[] = [];
  #stateFiles = 0;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<TestHosts> {
    return new TestHosts(await mkdtemp(join(tmpdir(), 'functions-host-')));
  }

  /** Starts a host for one of the apps under test/apps. */
  async start(app: string, options: Partial<ForkOptions> = {}): Promise<TestHost> {
    const stateFile = options.stateFile ?? join(this.directory, `state-${this.#stateFiles++}.sqlite`);
    const traceFile = `${stateFile}.trace`;
    const lines: string[] = [];
    const host = await forkHost({
      appDirectory: fileURLToPath(new URL(`../apps/${app}`, import.meta.url)),
      key: 'test-key',
      onLog: (line) => lines.push(line),
      ...options,
      stateFile,
      settings: { TRACE_FILE: traceFile, FUNCTIONS_SYSTEM_KEY: 'system-key', ...options.settings },
    });
    const started = new TestHost(host, { stateFile, traceFile, lines });
    this.#hosts.push(started);
    return started;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.running.stop()));
    await rm(this.directory, { recursive: true });
  }
}

/** A running host with the calls that tests make. */
export class TestHost {
  readonly running: RunningHost;
  readonly stateFile: string;
  /** What the host and the app printed. */
  readonly lines: readonly string[];
  readonly #traceFile: string;

  constructor(running: RunningHost, files: { stateFile: string; traceFile: string; lines: readonly string[] }) {
    this.running = running;
    this.stateFile = files.stateFile;
    this.#traceFile = files.traceFile;
    this.lines = files.lines;
  }

  /** Calls a path under /api with the function key. */
  call(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.running.url}/api/${path}`, {
      ...init,
      headers: { 'x-functions-key': 'test-key', ...(init.headers as Record<string, string> | undefined) },
    });
  }

  /** Calls the management API with the system key. */
  manage(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.running.url}/runtime/webhooks/durabletask/${path}`, {
      ...init,
      method,
      headers: { 'x-functions-key': 'system-key', ...(init.headers as Record<string, string> | undefined) },
    });
  }

  /** Starts an orchestration through the app's HTTP function and returns its id. */
  async start(name: string, input?: unknown, id?: string): Promise<string> {
    const path = id === undefined ? `start/${name}` : `start/${name}/${id}`;
    const response = await this.call(path, {
      method: 'POST',
      body: input === undefined ? null : JSON.stringify(input),
    });
    if (response.status !== 202) throw new Error(`start ${name}: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { id: string }).id;
  }

  async status(id: string, query = ''): Promise<Status> {
    const response = await this.manage('GET', `instances/${id}?${query}`);
    if (response.status !== 200 && response.status !== 202) throw new Error(`status of ${id}: ${response.status}`);
    return (await response.json()) as Status;
  }

  /** Waits until the status fulfils the condition. */
  async until(id: string, condition: (status: Status) => boolean, timeoutMs = 15_000): Promise<Status> {
    for (const end = Date.now() + timeoutMs; ; ) {
      const status = await this.status(id);
      if (condition(status)) return status;
      if (Date.now() > end) throw new Error(`${id} is still ${JSON.stringify(status)}`);
      await delay(10);
    }
  }

  /** Waits until the orchestration has ended. */
  ended(id: string, timeoutMs?: number): Promise<Status> {
    return this.until(id, (status) => ['Completed', 'Failed', 'Terminated'].includes(status.runtimeStatus), timeoutMs);
  }

  /** Starts an orchestration and waits for its end. */
  async run(name: string, input?: unknown, id?: string): Promise<Status> {
    return this.ended(await this.start(name, input, id));
  }

  /** The lines that the app's functions wrote to their trace file. */
  async trace(): Promise<string[]> {
    const text = await readFile(this.#traceFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return text.split('\n').filter((line) => line !== '');
  }

  /** Waits until the trace holds a line. */
  async traced(line: string, timeoutMs = 10_000): Promise<void> {
    for (const end = Date.now() + timeoutMs; !(await this.trace()).includes(line); ) {
      if (Date.now() > end) throw new Error(`No line "${line}" in the trace`);
      await delay(5);
    }
  }
}

/** Whether a process with that id lives. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
