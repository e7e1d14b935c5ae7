/** Loads the app in a directory as a Functions worker does, prints what it registers and how long that took, and ends. */

import { FunctionRegistry } from '../../packages/functions-host/src/worker/functionRegistry.ts';
import { installCoreModule } from '../../packages/functions-host/src/worker/installCoreModule.ts';
import { loadApp } from '../../packages/functions-host/src/worker/loadApp.ts';

const registry = new FunctionRegistry();
installCoreModule(registry, () => undefined);
const before = performance.now();
await loadApp(process.argv[2] ?? '');
const loadMs = performance.now() - before;
const functions = registry.all().map(({ name, triggerType, trigger }) => ({
  name,
  triggerType,
  route: trigger['route'],
  methods: trigger['methods'],
  authLevel: trigger['authLevel'],
}));
const memoryMb = process.memoryUsage().rss / 2 ** 20;
const capabilities = (await registry.programmingModel?.getCapabilities?.({})) ?? {};
process.stdout.write(JSON.stringify({ functions, loadMs, memoryMb, capabilities }), () => process.exit(0));
