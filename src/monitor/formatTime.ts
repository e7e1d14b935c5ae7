/**
 * `5 s`, `3 min 05 s`, `2 h 07 min`: whole units, rounded down, as the figure changes with each second. The reports'
 * `formatSeconds` has tenths and days.
 */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return twoUnits(whole, 'min', 's');
  return twoUnits(Math.floor(whole / 60), 'h', 'min');
}

/** ISO 8601 in the reader's own time zone and language; what is no instant stays as it is. */
export function formatLocalTime(iso: string): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  return instant.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
}

/** The time of day of an instant (ISO 8601, or milliseconds since 1970), with seconds unless `precision` says otherwise. */
export function formatClock(instant: string | number, precision: 'seconds' | 'minutes' = 'seconds'): string {
  const seconds: Intl.DateTimeFormatOptions = precision === 'seconds' ? { second: '2-digit' } : {};
  return new Date(instant).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    ...seconds,
    hourCycle: 'h23',
  });
}

function twoUnits(amount: number, large: string, small: string): string {
  return `${Math.floor(amount / 60)} ${large} ${String(amount % 60).padStart(2, '0')} ${small}`;
}
