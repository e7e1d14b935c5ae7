/** Every line of the help fits a terminal of this many columns. */
export const WIDTH = 80;

/** A text in lines of at most `width` columns; a longer word has a line of its own. `widthOf`: columns that a piece of it takes. */
export function wrap(text: string, width: number, widthOf = (piece: string): number => piece.length): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A term with its description beside it, from the column `indent` on; below it where the term is too long. */
export function row(term: string, description: string, indent: number): string {
  const lines = wrap(description, WIDTH - indent);
  const start = term.length + 2 <= indent ? [`${term.padEnd(indent)}${lines.shift()}`] : [term];
  return [...start, ...lines.map((line) => `${' '.repeat(indent)}${line}`)].join('\n');
}
