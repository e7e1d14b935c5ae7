import { readFileSync } from 'node:fs';

// Preloaded into a process (NODE_OPTIONS=--import=FILE): its wall clock is off by as many milliseconds as JUMPING_CLOCK, a file, says at
// the moment, as if somebody had set it. What has passed since is told as before, as on a machine.

const FILE = process.env['JUMPING_CLOCK'];
const LOOK_AGAIN_MS = 20;
const RealDate = Date;
let offsetMs = 0;

function look(): void {
  if (FILE === undefined) return;
  try {
    offsetMs = Number(readFileSync(FILE, 'utf8'));
  } catch {
    // Not written yet.
  }
}

look();
setInterval(look, LOOK_AGAIN_MS).unref();

globalThis.Date = class extends RealDate {
  constructor(...values: [] | [number]) {
    if (values.length === 0) super(RealDate.now() + offsetMs);
    else super(...values);
  }

  static override now(): number {
    return RealDate.now() + offsetMs;
  }
} as DateConstructor;
