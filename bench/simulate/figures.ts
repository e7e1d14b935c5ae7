import { FUNCTION_TIMEOUT_MS } from './hosting.ts';

/** A time as people say it. */
export function showTime(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  if (seconds < 5_400) return `${(seconds / 60).toFixed(0)} min`;
  if (seconds < 172_800) return `${(seconds / 3_600).toFixed(1)} h`;
  if (seconds < 2 * 365 * 86_400) return `${(seconds / 86_400).toFixed(1)} days`;
  return `${(seconds / 365 / 86_400).toFixed(0)} years`;
}

/** A share, with its sign where it is an error. */
export function showShare(share: number, isError = false): string {
  const sign = isError && share > 0 ? '+' : '';
  return `${sign}${(share * 100).toFixed(isError ? 0 : 1)} %`;
}

/** A number of rows as a power of ten where it is one, nearly. */
export function showRows(rows: number): string {
  const exponent = Math.round(Math.log10(rows));
  return Math.abs(rows / 10 ** exponent - 1) < 0.01 ? `10^${exponent}` : rows.toLocaleString('en');
}

/** Does a step of that length not end before the host ends it? */
export function isOverTimeout(seconds: number): boolean {
  return seconds * 1_000 > FUNCTION_TIMEOUT_MS;
}
