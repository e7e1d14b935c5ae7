import type { OptionDescription } from '../../options/optionTable.ts';

/** What a shell can propose for the value of an option; `free` is anything, `switch` has none. */
export type ValueKind =
  | { readonly kind: 'switch' | 'free' | 'file' | 'directory' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

/** Told by the name that the help gives to the value: `tables|mlflow` are words to write. */
export function valueKind({ value, isValueOptional }: OptionDescription): ValueKind {
  if (value === undefined || isValueOptional === true) return { kind: 'switch' };
  if (value === 'FILE') return { kind: 'file' };
  if (value === 'DIR') return { kind: 'directory' };
  return /^[a-z]+(?:\|[a-z]+)+$/.test(value) ? { kind: 'words', words: value.split('|') } : { kind: 'free' };
}
