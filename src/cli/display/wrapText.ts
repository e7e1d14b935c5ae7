import { stripVTControlCharacters } from 'node:util';
import { wrap } from '../help/wrap.ts';

/** Columns that a text takes: no colour does, and the marks of the report take two. */
function widthOf(text: string): number {
  const plain = stripVTControlCharacters(text);
  return plain.length + (plain.match(/[✅❌➖❔]/gu)?.length ?? 0);
}

/**
 * Breaks lines at their spaces so that none is over the width, with the indentation of each for what follows. A word that is
 * longer, such as a path, stays whole, so that it can be copied.
 */
export function wrapText(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => (widthOf(line) <= width ? [line] : wrapLine(line, width)))
    .join('\n');
}

/** Puts parts behind each other with commas, on as many lines as they take; the lines after the first are indented. */
export function wrapParts(parts: readonly string[], width: number, indent = '  '): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    const next = line === '' ? part : `${line}, ${part}`;
    // The comma at its end has to fit, too.
    if (line.trim() !== '' && next.length >= width) {
      lines.push(`${line},`);
      line = indent.length + part.length < width ? `${indent}${part}` : part;
    } else {
      line = next;
    }
  }
  return line === '' ? lines : [...lines, line];
}

function wrapLine(line: string, width: number): string[] {
  const indent = /^ */.exec(line)?.[0] ?? '';
  return wrap(line.slice(indent.length), width - indent.length, widthOf).map((one) => `${indent}${one}`);
}
