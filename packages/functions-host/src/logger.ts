const LEVELS = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'] as const;

/** One line per event on standard error: time, level, category, function, text. */
export interface Logger {
  write(level: string, category: string, functionName: string, text: string): void;
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  /** A failed invocation: name and message of what was thrown, no stack. */
  failure(functionName: string, error: unknown): void;
}

/** A logger that drops what is below `minimumLevel` (`trace` … `critical`, `none`; anything else counts as `information`). */
export function createLogger(minimumLevel: string | undefined): Logger {
  const minimum = rank((minimumLevel ?? 'information').toLowerCase());
  let isOpen = true;
  // The reader of the log may die before the host (a killed parent): the host must still end in good order.
  process.stderr.on('error', () => {
    isOpen = false;
  });
  const write = (level: string, category: string, functionName: string, text: string): void => {
    if (!isOpen || rank(level) < minimum) return;
    const place = functionName === '' ? category : `${category} ${functionName}`;
    process.stderr.write(`${new Date().toISOString()} ${level} ${place}: ${text.replaceAll('\n', '\n    ')}\n`);
  };
  return {
    write,
    debug: (text) => write('debug', 'host', '', text),
    info: (text) => write('information', 'host', '', text),
    warn: (text) => write('warning', 'host', '', text),
    error: (text) => write('error', 'host', '', text),
    failure: (functionName, error) =>
      write('error', 'host', functionName, error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
  };
}

function rank(level: string): number {
  const index = (LEVELS as readonly string[]).indexOf(level);
  return index < 0 ? LEVELS.indexOf('information') : index;
}
