/**
 * Characters that steer a terminal or turn the reading order round: C0 and C1 controls, line separators, bidirectional marks,
 * and halves of surrogate pairs. Table names, keys and messages may hold them.
 */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\p{Cs}]/gu;

/** Text on one line that shows what it holds: every control character as its `\u….` escape. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
