/** A decimal literal as digits and exponent without leading or trailing zeros, so that equal numbers have equal forms. */
export function decimalForm(literal: string): string {
  const match = /^-?([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(literal);
  if (match === null) return literal;
  const fraction = match[2] ?? '';
  const digits = `${match[1]}${fraction}`;
  // Not by an expression: one for zeros at the end begins anew at each zero within.
  let [start, end] = [0, digits.length];
  while (start < end && digits[start] === '0') start++;
  while (end > start && digits[end - 1] === '0') end--;
  if (start === end) return '0';
  const exponent = Number(match[3] ?? 0) - fraction.length + (digits.length - end);
  return `${digits.slice(start, end)}e${exponent}`;
}
