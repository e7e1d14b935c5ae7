import { formatCount } from '../../formatCount.ts';
import { aboutTime } from '../../report/aboutTime.ts';
import type { TableLine } from './progressRates.ts';

const NAME_WIDTH = 22;
const BAR_WIDTHS = [24, 10, 0] as const;

function bar(share: number, width: number): string {
  const filled = Math.floor(share * width);
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
}

/**
 * One line of the live display: name, bar, share, count, rate and time left, as much of it as the width holds; every character
 * takes one column.
 */
export function tableLine({ table, done, total, rowsPerSecond, secondsLeft }: TableLine, width: number): string {
  const share = total === 0 ? 1 : done / total;
  const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
  const counts = `${formatCount(done)}/${formatCount(total)}`.padStart(23);
  const rate = (rowsPerSecond === null ? '' : `${formatCount(rowsPerSecond)}/s`).padStart(11);
  const left = secondsLeft === null ? '' : `${aboutTime(secondsLeft)} left`;
  const name = (room: number) => (table.length > room ? `${table.slice(0, room - 1)}…` : table.padEnd(room));
  const [wide, narrow, none] = BAR_WIDTHS;
  const choices = [
    [name(NAME_WIDTH), bar(share, wide), percent, counts, rate, left],
    [name(NAME_WIDTH), bar(share, wide), percent, counts],
    [name(NAME_WIDTH), bar(share, narrow), percent, counts],
    [name(NAME_WIDTH), bar(share, narrow), percent],
    [name(Math.max(8, width - 9)), bar(share, none), percent],
  ].map((parts) => `  ${parts.filter((part) => part !== '').join(' ')}`.trimEnd());
  // With room for the time left where there is none yet: the line does not change its form from one answer to the next.
  const [full = '', ...shorter] = choices;
  const fullWidth = Math.max(full.length, 2 + NAME_WIDTH + wide + percent.length + counts.length + rate.length + 25);
  if (fullWidth <= width) return full;
  return (shorter.find((line) => line.length <= width) ?? shorter.at(-1) ?? '').slice(0, width);
}
