import { registerHooks } from 'node:module';
import type { FunctionCallback, FunctionMetadata, HookCallback, ProgrammingModel } from './coreTypes.ts';
import type { FunctionRegistry } from './functionRegistry.ts';

const MODULE_NAME = '@azure/functions-core';
const MODULE_URL = 'file:///azure-functions-core.cjs';
const MODULE_KEY = Symbol.for('local-functions-host.core');

/** Calls its callback once, whoever disposes first. */
class Disposable {
  #callback: (() => unknown) | undefined;

  constructor(callback: () => unknown) {
    this.#callback = callback;
  }

  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const disposable of disposables) disposable.dispose();
    });
  }

  dispose(): void {
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.();
  }
}

/** Receives what the app logs outside an invocation. */
export type CoreLog = (level: string, category: string, text: string) => void;

/**
 * Makes `@azure/functions-core` resolvable for everything loaded from here on, by `require` as by `import`. Must run before
 * the app is loaded: the library asks once and remembers the answer, also a failure. One registry per process.
 */
export function installCoreModule(registry: FunctionRegistry, log: CoreLog): void {
  const core = {
    version: '3.0.0',
    hostVersion: '4.1000.0',
    Disposable,
    setProgrammingModel: (model: ProgrammingModel) => {
      registry.programmingModel = model;
    },
    getProgrammingModel: () => registry.programmingModel,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
      new Disposable(registry.addFunction(metadata, callback)),
    registerHook: (name: string, callback: HookCallback) => new Disposable(registry.addHook(name, callback)),
    log,
  };
  Object.defineProperty(globalThis, MODULE_KEY, { value: core, configurable: true });
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === MODULE_NAME
        ? { url: MODULE_URL, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url === MODULE_URL
        ? {
            format: 'commonjs',
            source: `module.exports = globalThis[Symbol.for('${Symbol.keyFor(MODULE_KEY)}')];`,
            shortCircuit: true,
          }
        : next(url, context),
  });
}
