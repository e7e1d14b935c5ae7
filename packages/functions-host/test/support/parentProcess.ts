import { forkHost } from '../../src/forkHost.ts';

// A parent for the test that kills one: starts a host, tells its process id, and waits.
const [appDirectory = '', stateFile = ''] = process.argv.slice(2);
const settings = { TRACE_FILE: stateFile.replace('.sqlite', '.trace') };
const host = await forkHost({ appDirectory, stateFile, settings });
process.send?.({ pid: host.pid });
await host.exited;
