const CONTROL = /\p{Cc}/gu;

/** A character that a line cannot hold, as `$'…'` of bash and zsh writes its bytes. */
function escaped(character: string): string {
  const bytes = new TextEncoder().encode(character);
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** A word as a shell takes it for one, whatever is in it. */
export function quoteShell(word: string): string {
  if (/^[A-Za-z0-9_/:.,@%+-][A-Za-z0-9_/:=.,@%+-]*$/.test(word)) return word;
  if (word.search(CONTROL) < 0) return `'${word.replaceAll("'", "'\\''")}'`;
  return `$'${word.replaceAll(/[\\']/g, '\\$&').replaceAll(CONTROL, escaped)}'`;
}

/** An option with its value, to be typed: behind an equals sign where the value begins like an option itself. */
export function shellOption(name: string, value: string): string {
  return `--${name}${value.startsWith('-') ? '=' : ' '}${quoteShell(value)}`;
}
