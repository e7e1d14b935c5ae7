/** An array as PostgreSQL prints it: texts, NULLs and arrays in arrays. */
export type PgArray = ReadonlyArray<string | null | PgArray>;

/** Reads the text form of any array (`{1,NULL,"a,b"}`, also with bounds before it). Throws on anything else. */
export function readPgArray(text: string): PgArray {
  const start = text.indexOf('{');
  if (start < 0) throw new Error('Not an array');
  const cursor = { at: start };
  const array = readLevel(text, cursor);
  if (cursor.at !== text.length) throw new Error('Text after the array');
  return array;
}

function readLevel(text: string, cursor: { at: number }): PgArray {
  const items: Array<string | null | PgArray> = [];
  cursor.at += 1;
  if (text[cursor.at] === '}') {
    cursor.at += 1;
    return items;
  }
  for (;;) {
    items.push(readItem(text, cursor));
    const separator = text[cursor.at];
    cursor.at += 1;
    if (separator === '}') return items;
    if (separator !== ',') throw new Error('Array is cut short');
  }
}

function readItem(text: string, cursor: { at: number }): string | null | PgArray {
  const first = text[cursor.at];
  if (first === '{') return readLevel(text, cursor);
  if (first !== '"') {
    const end = /[,}]/g;
    end.lastIndex = cursor.at;
    const at = end.exec(text)?.index ?? text.length;
    const token = text.slice(cursor.at, at);
    cursor.at = at;
    return token === 'NULL' ? null : token;
  }
  let value = '';
  for (cursor.at += 1; text[cursor.at] !== '"'; cursor.at += 1) {
    if (text[cursor.at] === '\\') cursor.at += 1;
    if (cursor.at >= text.length) throw new Error('Array is cut short');
    value += text[cursor.at];
  }
  cursor.at += 1;
  return value;
}
