import { redact } from '../../config/redact.ts';

/** What a word of the command line may be shown as: a URI in the wrong place is not, and what cannot be seen is written out. */
export function shownWord(word: string): string {
  if (word.includes('://')) return 'a URI';
  const seen = redact(word)
    .slice(0, 64)
    .replaceAll(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return seen.trim() === '' ? `"${seen}"` : seen;
}
