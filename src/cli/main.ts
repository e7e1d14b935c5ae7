#!/usr/bin/env node
import { createOutput } from './output.ts';
import { runCommand } from './runCommand.ts';

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

const makeOutput = (isQuiet: boolean): ReturnType<typeof createOutput> => createOutput(process, process.env, isQuiet);

// Connections that are kept alive would hold the process for seconds: everything is written when this returns.
process.exit(await runCommand(process.argv.slice(2), process.env, makeOutput, interrupt.signal));
