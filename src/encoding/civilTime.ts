const DAY_MS = 86_400_000n;
/** Days of 400 years, after which the calendar repeats itself, and from the first of March of the year 0 to 1970. */
const DAYS_OF_ERA = 146_097;
const DAYS_TO_1970 = 719_468;

/**
 * A day since 1970 as PostgreSQL writes it: `2024-02-29`, and `0044-03-15 BC` before the year 1. Not by `Date`, which ends in the year
 * 275760, before PostgreSQL's timestamps do.
 */
export function dateText(days: number): string {
  const { year, month, day } = civilDate(days);
  return year > 0 ? ymd(year, month, day) : `${ymd(1 - year, month, day)} BC`;
}

/** Milliseconds since 1970 as PostgreSQL writes a timestamp, in UTC. */
export function timestampText(milliseconds: bigint): string {
  const inDay = ((milliseconds % DAY_MS) + DAY_MS) % DAY_MS;
  const { year, month, day } = civilDate(Number((milliseconds - inDay) / DAY_MS));
  const rest = Number(inDay);
  const parts = [Math.floor(rest / 3_600_000), Math.floor(rest / 60_000) % 60, Math.floor(rest / 1000) % 60];
  const fraction = rest % 1000 === 0 ? '' : `.${padded(rest % 1000, 3)}`;
  const time = `${parts.map((part) => padded(part, 2)).join(':')}${fraction}`;
  return year > 0 ? `${ymd(year, month, day)} ${time}` : `${ymd(1 - year, month, day)} ${time} BC`;
}

/** The proleptic Gregorian date of a day, years counted with a year 0: the year begins in March here, so that its last day is the odd one. */
function civilDate(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + DAYS_TO_1970;
  const era = Math.floor(shifted / DAYS_OF_ERA);
  const dayOfEra = shifted - era * DAYS_OF_ERA;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
}

function ymd(year: number, month: number, day: number): string {
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
