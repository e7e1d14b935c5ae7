/** Causes of causes that are followed. */
const MOST_CAUSES = 5;

/**
 * An error that is not of this program's making, for the log: its class, its code and where it was thrown, and the same of
 * what caused it. Not its message: drivers and parsers quote values in theirs.
 */
export function traceOf(error: unknown): string {
  const traces: string[] = [];
  let current = error;
  while (current instanceof Error && traces.length < MOST_CAUSES) {
    const { code } = current as { code?: unknown };
    const shown = typeof code === 'number' || (typeof code === 'string' && /^\w{1,40}$/.test(code)) ? ` (${code})` : '';
    traces.push([`${current.constructor.name}${shown}`, ...framesOf(current)].join('\n'));
    current = current.cause;
  }
  return traces.length === 0 ? 'unknown failure' : traces.join('\nCaused by: ');
}

/** Lines of the stack behind the message, which may have lines that look like them. */
function framesOf({ stack = '', message }: Error): string[] {
  const at = stack.indexOf(message);
  const frames = at < 0 ? '' : stack.slice(at + message.length);
  return frames.split('\n').filter((line) => /^ {4}at /.test(line));
}
