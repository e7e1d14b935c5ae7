import { parseArgs } from 'node:util';
import { startCosmosProxy } from './cosmosProxy.ts';
import type { CosmosProxyOptions } from './options.ts';

const USAGE = `node test/faults/proxy/main.ts --upstream HOST:PORT [--ru N] [--flavour ru|mongodb] [--hints always|never|sometimes]
  [--burst SECONDS] [--cut RATE] [--timeouts RATE] [--delay MS] [--port N] [--seed N] [--scope database|collection]
Prints the connection string, then figures every 5 seconds; ends with SIGINT or SIGTERM.`;

const { values } = parseArgs({
  options: {
    upstream: { type: 'string' },
    ru: { type: 'string' },
    flavour: { type: 'string', default: 'ru' },
    hints: { type: 'string', default: 'always' },
    burst: { type: 'string', default: '1' },
    cut: { type: 'string', default: '0' },
    timeouts: { type: 'string', default: '0' },
    delay: { type: 'string', default: '0' },
    port: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    scope: { type: 'string', default: 'database' },
    help: { type: 'boolean', default: false },
  },
});
const upstream = /^(.+):(\d+)$/.exec(values.upstream ?? '');
if (values.help || upstream === null) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(values.help ? 0 : 2);
}
const proxy = await startCosmosProxy({
  upstream: { host: String(upstream[1]), port: Number(upstream[2]) },
  port: Number(values.port),
  flavour: values.flavour === 'mongodb' ? 'mongodb' : 'ru',
  hints: values.hints as NonNullable<CosmosProxyOptions['hints']>,
  throughputScope: values.scope as NonNullable<CosmosProxyOptions['throughputScope']>,
  burstSeconds: Number(values.burst),
  cutRate: Number(values.cut),
  timeoutRate: Number(values.timeouts),
  delayMs: Number(values.delay),
  seed: Number(values.seed),
  ...(values.ru === undefined ? {} : { requestUnitsPerSecond: Number(values.ru) }),
});
process.stdout.write(`${proxy.uri('mlflow_migrated')}\n`);
const print = () => {
  const { perSecond, writing: _writing, ...stats } = proxy.stats();
  process.stdout.write(`${JSON.stringify({ ...stats, lastSeconds: perSecond.slice(-5) })}\n`);
};
const timer = setInterval(print, 5_000);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(timer);
    print();
    void proxy.stop();
  });
}
