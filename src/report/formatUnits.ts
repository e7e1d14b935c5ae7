import { formatCount } from '../formatCount.ts';

const ONE_DECIMAL = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `1 record`, `6,013 records`. */
export function formatPlural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Decimal units with one digit after the point, as disks and clouds count: `54.2 MB`. */
export function formatBytes(bytes: number): string {
  let size = bytes;
  let unit = 0;
  // 999.95 would round up to 1,000.0 of the smaller unit.
  while (size >= 999.95 && unit < BYTE_UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? formatCount(size) : ONE_DECIMAL.format(size)} ${BYTE_UNITS[unit]}`;
}

/** `4.2 s` below a minute, `3 min 05 s` below an hour, `2 h 07 min` below a day, `5 d 03 h` from there. */
export function formatSeconds(seconds: number): string {
  if (seconds < 59.95) return `${ONE_DECIMAL.format(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return twoUnits(whole, 60, 'min', 's');
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return twoUnits(minutes, 60, 'h', 'min');
  return twoUnits(Math.round(minutes / 60), 24, 'd', 'h');
}

/** ISO 8601 as `2025-07-09 00:23:03 UTC`; what is no instant stays as it is. */
export function formatInstant(iso: string): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  return `${instant.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** As {@link formatInstant}, of an end: rounded up to the second, so that nothing which came before it seems to come after. */
export function formatEnd(iso: string): string {
  const end = Math.ceil(Date.parse(iso) / 1000) * 1000;
  return Number.isNaN(end) ? iso : formatInstant(new Date(end).toISOString());
}

/** Rows a second over a time in seconds; null where the time is too short to say. */
export function ratePerSecond(amount: number, seconds: number): number | null {
  return seconds > 0 && amount > 0 ? amount / seconds : null;
}

function twoUnits(amount: number, base: number, large: string, small: string): string {
  return `${formatCount(Math.floor(amount / base))} ${large} ${String(amount % base).padStart(2, '0')} ${small}`;
}
