import type { BindingInfo, FunctionCallback, FunctionMetadata, HookCallback, ProgrammingModel } from './coreTypes.ts';

/** The hooks an app may register, in the words of the worker. */
const HOOK_NAMES = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const;

export type HookName = (typeof HOOK_NAMES)[number];

/** A function that the app registered, with its trigger binding picked out. */
export interface RegisteredFunction {
  readonly name: string;
  readonly id: string;
  readonly metadata: FunctionMetadata;
  readonly triggerName: string;
  readonly trigger: BindingInfo;
  /** Lower-case trigger type, such as `httptrigger` or `activitytrigger`. */
  readonly triggerType: string;
  readonly callback: FunctionCallback;
}

/** What the app told the host while it was loaded: functions, hooks and the library that runs them. */
export class FunctionRegistry {
  readonly #functions = new Map<string, RegisteredFunction>();
  readonly #hooks = new Map<HookName, HookCallback[]>(HOOK_NAMES.map((name) => [name, []]));
  #isLocked = false;
  programmingModel: ProgrammingModel | undefined;

  /** Registers a function; throws for a second one of the same name, one without a trigger, and after start-up. */
  addFunction(metadata: FunctionMetadata, callback: FunctionCallback): () => void {
    if (this.#isLocked) {
      throw systemError(`A function can only be registered during app startup: ${metadata.name}`);
    }
    const key = metadata.name.toLowerCase();
    if (this.#functions.has(key)) throw systemError(`A function named "${metadata.name}" is registered already`);
    const found = Object.entries(metadata.bindings).find(([, binding]) => /trigger$/i.test(binding.type ?? ''));
    if (found === undefined) throw systemError(`Function "${metadata.name}" has no trigger`);
    const [triggerName, trigger] = found;
    const triggerType = (trigger.type ?? '').toLowerCase();
    const id = metadata.functionId ?? metadata.name;
    this.#functions.set(key, { name: metadata.name, id, metadata, triggerName, trigger, triggerType, callback });
    return () => this.#functions.delete(key);
  }

  addHook(name: string, callback: HookCallback): () => void {
    const list = this.#hooks.get(name as HookName);
    if (list === undefined) throw systemError(`Unknown hook "${name}"`, RangeError);
    list.push(callback);
    return () => {
      const index = list.indexOf(callback);
      if (index >= 0) list.splice(index, 1);
    };
  }

  hooks(name: HookName): readonly HookCallback[] {
    return this.#hooks.get(name) ?? [];
  }

  /** Ends start-up: from here on the set of functions stands. */
  lock(): void {
    this.#isLocked = true;
  }

  all(): RegisteredFunction[] {
    return [...this.#functions.values()];
  }

  /** The function of that name (case does not matter) if its trigger has that type (`activitytrigger`, …). */
  find(name: string, triggerType: string): RegisteredFunction | undefined {
    const found = this.#functions.get(name.toLowerCase());
    return found?.triggerType === triggerType ? found : undefined;
  }
}

function systemError(message: string, kind: ErrorConstructor | RangeErrorConstructor = Error): Error {
  return Object.assign(new kind(message), { isAzureFunctionsSystemError: true });
}
