/**
 * The guard: a process of its own that outlives the one that started it, by seconds. It reads lines from stdin
 * (`add <pid> <signal>`, `remove <pid>`), answers each with `ok`, and when stdin ends, because the starter closed it or
 * died in whatever way, it stops every process still on its list: first with the named signal, then with SIGKILL.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const GRACE_MS = 5_000;
const POLL_MS = 20;

const signalByPid = new Map<number, NodeJS.Signals>();

/** True when the process was there to receive the signal; false when it is gone, or its pid is somebody else's by now. Signal 0 only asks. */
function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** True while the process runs. One that has ended and that nobody waits for (a container without an init) does not count. */
function isRunning(pid: number): boolean {
  if (!signalProcess(pid, 0)) return false;
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    // No /proc here, or it has just ended: signal 0 will tell.
    return signalProcess(pid, 0);
  }
}

// Ctrl-C and a closing terminal are meant for the starter; the guard acts when the starter is gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// The starter may be gone before it has read an answer.
process.stdout.on('error', () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, pid, signal] = line.split(' ');
  if (verb === 'add') signalByPid.set(Number(pid), (signal ?? 'SIGTERM') as NodeJS.Signals);
  else signalByPid.delete(Number(pid));
  process.stdout.write('ok\n');
}

for (const [pid, signal] of signalByPid) signalProcess(pid, signal);
const giveUpAt = performance.now() + GRACE_MS;
let left = [...signalByPid.keys()];
while (left.length > 0 && performance.now() < giveUpAt) {
  await delay(POLL_MS);
  left = left.filter(isRunning);
}
for (const pid of left) signalProcess(pid, 'SIGKILL');
