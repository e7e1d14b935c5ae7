import type { OptionDescription } from '../options/optionTable.ts';

/** An option as it is written, with its value: `--layout tables|mlflow`. */
export function optionTerm({ name, value }: OptionDescription): string {
  return `--${name}${value === undefined ? '' : ` ${value}`}`;
}
