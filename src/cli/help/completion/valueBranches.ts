import { OPTIONS, type OptionDescription } from '../../options/optionTable.ts';

/** What a shell does for the value of an option, in its own words. */
export interface ValueProposals {
  readonly words: (words: string) => string;
  readonly file: string;
  readonly directory: string;
  /** Anything may stand there, so nothing is proposed. */
  readonly free: string;
}

/** What a shell can propose for the value of an option, told by the name that the help gives to it: `tables|mlflow` are words to write. */
export function proposalFor({ value, isValueOptional }: OptionDescription, proposals: ValueProposals): string | null {
  if (value === undefined || isValueOptional === true) return null;
  if (value === 'FILE') return proposals.file;
  if (value === 'DIR') return proposals.directory;
  return /^[a-z]+(?:\|[a-z]+)+$/.test(value) ? proposals.words(value.replaceAll('|', ' ')) : proposals.free;
}

/** A branch of a shell's `case` for each option that has a value. */
export function valueBranches(proposals: ValueProposals): string {
  return OPTIONS.flatMap((option) => {
    const proposal = proposalFor(option, proposals);
    return proposal === null ? [] : [`    --${option.name}) ${proposal} ;;`];
  }).join('\n');
}
