const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Whole number with thousands separators: `6,013`. The same in every locale, as programs read it. */
export function formatCount(count: number): string {
  return COUNT.format(count);
}
