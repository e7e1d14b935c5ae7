import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import type { Output } from './output.ts';
import { ProgressRates } from './progressRates.ts';
import { summaryLine, tableLine } from './progressText.ts';

/** Shows how far a run is. `stop` must be called in every case: it gives the terminal back. */
export interface Progress {
  readonly show: (status: MigrationStatus) => void;
  readonly stop: () => void;
}

const PLAIN_INTERVAL_MS = 3_000;

function plainProgress(output: Output): Progress {
  let lastLine = '';
  let lastPhase = '';
  let nextMs = 0;
  return {
    show: (status) => {
      const phase = `${status.phase} ${status.status}`;
      const now = performance.now();
      if (phase === lastPhase && now < nextMs) return;
      const line = summaryLine(status);
      if (line !== lastLine) output.note(line);
      lastLine = line;
      lastPhase = phase;
      nextMs = now + PLAIN_INTERVAL_MS;
    },
    stop: () => undefined,
  };
}

const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';

/**
 * One block at the bottom of the terminal that is drawn over itself; other lines are written above it. By hand, as log-update
 * erases the rows that it has written, and leaves those that they take more in a terminal that was made narrower.
 */
function liveProgress(output: Output): Progress {
  const rates = new ProgressRates();
  let drawn: readonly string[] = [];
  let isStopped = false;
  const showCursor = (): void => output.draw(SHOW_CURSOR);

  const erase = (): string => {
    if (drawn.length === 0) return '';
    // After a resize, what was one line may take several rows.
    const { columns } = output.size();
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0);
    return `\u001B[${rows}A\r\u001B[J`;
  };
  const draw = (lines: readonly string[]): void => {
    const { columns, rows } = output.size();
    const fitting = lines.slice(0, Math.max(1, rows - 1)).map((line) => line.slice(0, Math.max(1, columns - 1)));
    const [head, ...others] = fitting;
    const styled = [output.style('bold', head ?? ''), ...others];
    output.draw(`${erase()}${styled.join('\n')}\n`);
    drawn = fitting;
  };

  output.draw(HIDE_CURSOR);
  process.once('exit', showCursor);
  output.aroundLines = (write) => {
    const lines = drawn;
    output.draw(erase());
    drawn = [];
    write();
    if (lines.length > 0) draw(lines);
  };
  return {
    show: (status) => {
      if (isStopped) return;
      rates.add(status, performance.now());
      const { rows } = output.size();
      const active = rates.active(status).map(tableLine);
      const room = Math.max(0, Math.min(12, rows - 4));
      const more = active.length > room ? [`  and ${active.length - room} more tables`] : [];
      draw([summaryLine(status), ...active.slice(0, room), ...more]);
    },
    stop: () => {
      if (isStopped) return;
      isStopped = true;
      output.aroundLines = null;
      output.draw(erase());
      drawn = [];
      showCursor();
      process.removeListener('exit', showCursor);
    },
  };
}

/** The progress that fits the output: redrawn on a terminal, a line every few seconds elsewhere, nothing under `--quiet`. */
export function createProgress(output: Output): Progress {
  return output.isLive ? liveProgress(output) : plainProgress(output);
}
