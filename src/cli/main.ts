#!/usr/bin/env node
import { cacheCompiled } from './compileCache.ts';

cacheCompiled();

/** How a shell sees a process that Ctrl-C has ended: 128 + SIGINT. */
const INTERRUPTED = 130;

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    // The first one ends things in order; whoever sends a second does not want to wait.
    if (interrupt.signal.aborted) process.exit(INTERRUPTED);
    interrupt.abort();
  });
}

// Imported late, as only what is loaded from here on is cached.
const { createOutput } = await import('./display/output.ts');
const { programCall } = await import('./display/programCall.ts');
const { runCommand } = await import('./runCommand.ts');
function makeOutput(isQuiet: boolean): ReturnType<typeof createOutput> {
  return createOutput(process, process.env, isQuiet, programCall(process.env));
}

// Connections that are kept alive would hold the process for seconds: everything is written when this returns.
process.exit(await runCommand(process.argv.slice(2), process.env, makeOutput, interrupt.signal));
