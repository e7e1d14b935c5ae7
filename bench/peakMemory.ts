/**
 * Loaded into every Node process of a measured command (`NODE_OPTIONS=--import`): when the process ends, it writes down
 * the most memory that it ever had resident. The process itself knows best; nobody has to sample it in time.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.env['BENCH_MEMORY_DIR'];
if (directory !== undefined) process.on('exit', () => writeDown(directory));

function writeDown(into: string): void {
  const figures = { script: process.argv[1] ?? '', peakBytes: peakBytes() };
  writeFileSync(join(into, `${process.pid}.json`), JSON.stringify(figures));
}

/** Linux hands a parent's maximum down to its children in `maxRSS`, so /proc is asked first. */
function peakBytes(): number {
  let status = '';
  try {
    status = readFileSync('/proc/self/status', 'utf8');
  } catch {
    // Not Linux.
  }
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return 1024 * Number(kibibytes ?? process.resourceUsage().maxRSS);
}
