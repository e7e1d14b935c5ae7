import { randomUUID } from 'node:crypto';
import type { Logger } from '../logger.ts';
import type { CoreInvocationContext, FunctionCallback, InvocationResponse, NamedData, TypedData } from './coreTypes.ts';
import { FunctionRegistry, type HookName, type RegisteredFunction } from './functionRegistry.ts';
import { installCoreModule } from './installCoreModule.ts';
import { loadApp } from './loadApp.ts';
import { onLoopback } from './onLoopback.ts';

/** What a function is called with. */
export interface InvocationRequest {
  readonly inputData: readonly NamedData[];
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
  /** Given when the id has to be known outside, as for streamed requests; otherwise made up. */
  readonly invocationId?: string;
}

/** What a function answered: the value itself, and on demand the form in which Azure's worker would send it. */
export interface InvocationOutcome {
  readonly result: unknown;
  toResponse(): Promise<InvocationResponse>;
}

/** Loads a function app into this process and calls its functions, as Azure's Node worker does. One per process. */
export class Worker {
  readonly registry = new FunctionRegistry();
  /** What durable client inputs carry; functions of any trigger may have one. Set as soon as the host knows its own address. */
  durableClient: string | undefined;
  readonly #log: Logger;
  readonly #appHookData: Record<string, unknown> = {};
  #streamUrl: URL | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The library's own HTTP server, when the app asked for `enableHttpStream`; bodies then travel through it. */
  get streamUrl(): URL | undefined {
    return this.#streamUrl;
  }

  /** Loads the app, runs its appStart hooks and closes registration. Throws what the app throws. */
  async load(appDirectory: string): Promise<void> {
    installCoreModule(this.registry, (level, category, text) => this.#write(level, category, '', text));
    await loadApp(appDirectory);
    const model = this.registry.programmingModel;
    if (model === undefined)
      throw new Error(`${appDirectory} registers no functions: it never called "@azure/functions"`);
    // Freezes app.setup() and starts the library's stream server; without this call an app with streaming would hang.
    const capabilities = await onLoopback(
      async () => (await model.getCapabilities?.({ RpcHttpBodyOnly: 'true' })) ?? {},
    );
    if (capabilities['HttpUri'] !== undefined) this.#streamUrl = new URL(capabilities['HttpUri']);
    await this.#runHooks('appStart', { hookData: {}, functionAppDirectory: appDirectory });
    this.registry.lock();
  }

  /** Runs the appTerminate hooks. */
  async terminate(): Promise<void> {
    await this.#runHooks('appTerminate', { hookData: {} });
  }

  /** Calls one function, hooks included. Rejects with the Error that the function (or a hook) threw. */
  async invoke(target: RegisteredFunction, request: InvocationRequest): Promise<InvocationOutcome> {
    const model = this.registry.programmingModel;
    if (model === undefined) throw new Error('The app is not loaded');
    const invocationId = request.invocationId ?? randomUUID();
    const core: CoreInvocationContext = {
      invocationId,
      metadata: target.metadata,
      request: {
        invocationId,
        functionId: target.id,
        inputData: this.#withClients(target, request.inputData),
        triggerMetadata: request.triggerMetadata ?? {},
      },
      state: undefined,
      log: (level, category, text) => this.#write(level, category, target.name, text),
    };
    const invocation = model.getInvocationModel(core);
    const { context, inputs } = await invocation.getArguments();
    const hookData = {};

    const before = { invocationContext: context, inputs, functionCallback: target.callback, hookData };
    await this.#runInvocationHooks('preInvocation', before, core);
    const after: Record<string, unknown> = { invocationContext: context, inputs: before.inputs, hookData };
    core.state = 'invocation';
    try {
      const callback: FunctionCallback = before.functionCallback;
      after['result'] = await invocation.invokeFunction(context, before.inputs, callback);
    } catch (error) {
      after['error'] = error;
    } finally {
      core.state = undefined;
    }
    await this.#runInvocationHooks('postInvocation', after, core);
    if (after['error'] !== undefined && after['error'] !== null) throw asError(after['error']);
    const { result } = after;
    return { result, toResponse: () => invocation.getResponse(context, result) };
  }

  #withClients(target: RegisteredFunction, given: readonly NamedData[]): readonly NamedData[] {
    if (this.durableClient === undefined) return given;
    const data = { string: this.durableClient };
    const clients = Object.entries(target.metadata.bindings).flatMap(([name, { direction, type }]) =>
      direction === 'in' && type?.toLowerCase() === 'durableclient' && given.every((one) => one.name !== name)
        ? [{ name, data }]
        : [],
    );
    return [...given, ...clients];
  }

  async #runInvocationHooks(
    name: 'preInvocation' | 'postInvocation',
    context: Record<string, unknown>,
    core: CoreInvocationContext,
  ): Promise<void> {
    if (this.registry.hooks(name).length === 0) return;
    core.state = `${name}Hooks`;
    try {
      await this.#runHooks(name, context);
    } finally {
      core.state = undefined;
    }
  }

  async #runHooks(name: HookName, context: Record<string, unknown>): Promise<void> {
    context['appHookData'] = this.#appHookData;
    for (const hook of this.registry.hooks(name)) await hook(context);
  }

  /** Prints a line of the app, after the log hooks had their say about level and text. */
  #write(level: string, category: string, functionName: string, text: string): void {
    const context: Record<string, unknown> = { level, message: text, category, hookData: {} };
    context['appHookData'] = this.#appHookData;
    for (const hook of this.registry.hooks('log')) hook(context);
    this.#log.write(String(context['level']), category, functionName, String(context['message']));
  }
}

/** Azure turns anything thrown that is no Error into one: strings as they are, the rest as JSON text. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown)));
}
