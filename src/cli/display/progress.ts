import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import { FollowLines } from './followLines.ts';
import type { Output } from './output.ts';
import { ProgressRates } from './progressRates.ts';
import { detailParts, headParts, summaryLine } from './progressText.ts';
import { Standstill } from './standstill.ts';
import { tableLine } from './tableLine.ts';
import { wrapParts } from './wrapText.ts';

/** Shows how far a run is. `stop` must be called in every case: it gives the terminal back. */
export interface Progress {
  readonly show: (status: MigrationStatus) => void;
  readonly stop: () => void;
}

/** Between two lines of a phase: short at first, then a sixtieth of the time that it has taken, as a log of hours is read by nobody. */
const PLAIN_INTERVAL_MS = 3_000;
const LONGEST_INTERVAL_MS = 60_000;
const LINES_AT_FIRST = 60;

function plainProgress(output: Output): Progress {
  let lastLine = '';
  let lastPhase = '';
  let nextMs = 0;
  let sinceMs = 0;
  const standstill = new Standstill();
  const followLines = new FollowLines();
  return {
    show: (status) => {
      const phase = `${status.phase} ${status.status}`;
      const now = performance.now();
      const still = standstill.add(status, now);
      if (phase === lastPhase && now < nextMs) return;
      if (status.phase === 'follow' && !followLines.isWorthTelling(status, now)) return;
      const line = [summaryLine(status), ...(still === null ? [] : [still])].join(', ');
      if (line !== lastLine) output.note(line);
      if (phase !== lastPhase) sinceMs = now;
      lastLine = line;
      lastPhase = phase;
      nextMs = now + Math.min(LONGEST_INTERVAL_MS, Math.max(PLAIN_INTERVAL_MS, (now - sinceMs) / LINES_AT_FIRST));
    },
    stop: () => undefined,
  };
}

/** One row of the block, and how it is shown. */
interface Line {
  readonly text: string;
  readonly style: 'bold' | 'dim' | 'yellow' | 'red' | null;
}

/** The colour of what holds a run up. */
function warning({ totals, throttled, targetSilence }: MigrationStatus): Line['style'] {
  if (totals.errors > 0) return 'red';
  return throttled > 0 || targetSilence ? 'yellow' : null;
}

const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';

/**
 * One block at the bottom of the terminal that is drawn over itself; other lines are written above it. By hand, as log-update
 * erases the rows that it has written, and leaves those that they take more in a terminal that was made narrower.
 */
function liveProgress(output: Output): Progress {
  const rates = new ProgressRates();
  const standstill = new Standstill();
  let drawn: readonly Line[] = [];
  let isStopped = false;
  const showCursor = (): void => output.draw(SHOW_CURSOR);

  const erase = (): string => {
    if (drawn.length === 0) return '';
    // After a resize, what was one line may take several rows.
    const { columns } = output.size();
    const rows = drawn.reduce((sum, { text }) => sum + Math.max(1, Math.ceil(text.length / columns)), 0);
    return `\u001B[${rows}A\r\u001B[J`;
  };
  const draw = (lines: readonly Line[]): void => {
    const { columns, rows } = output.size();
    const fitting = lines
      .slice(0, Math.max(1, rows - 1))
      .map(({ text, style }): Line => ({ text: text.slice(0, Math.max(1, columns - 1)), style }));
    const styled = fitting.map(({ text, style }) => (style === null ? text : output.style(style, text)));
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
      const now = performance.now();
      rates.add(status, now);
      const still = standstill.add(status, now);
      const { columns, rows } = output.size();
      // A line that fills the last column would take another row on some terminals.
      const width = columns - 1;
      const active = rates.active(status).map((table) => tableLine(table, width));
      const room = Math.max(0, Math.min(12, rows - 6));
      const more = active.length > room ? [`  and ${active.length - room} more tables`] : [];
      draw([
        ...wrapParts(headParts(status), width).map((text): Line => ({ text, style: 'bold' })),
        ...wrapParts([...(still === null ? [] : [still]), ...detailParts(status)], width - 2, '').map(
          (text): Line => ({ text: `  ${text}`, style: still === null ? warning(status) : 'yellow' }),
        ),
        ...[...active.slice(0, room), ...more].map((text): Line => ({ text, style: 'dim' })),
      ]);
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

/** The progress that fits the output: redrawn on a terminal, lines elsewhere, every few seconds or what {@link FollowLines} chooses; nothing under `--quiet`. */
export function createProgress(output: Output): Progress {
  return output.isLive ? liveProgress(output) : plainProgress(output);
}
