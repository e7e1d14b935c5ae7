import { expect, test } from 'vitest';
import { OptionValues } from '../../../../src/cli/options/optionValues.ts';

const experiments = (written: string) => OptionValues.shape.experiments.safeParse(written).data;

test.each([
  ['1', ['1']],
  [' churn , 7 ', ['churn', '7']],
  ['"a, b",7', ['a, b', '7']],
  ['7,"a, b"', ['7', 'a, b']],
  ['"say ""x""",y', ['say "x"', 'y']],
  ['two words,two words', ['two words']],
])('experiments: %s', (written, names) => {
  expect(experiments(written)).toEqual(names);
});

test.each(['', 'a,', ',a', 'a,,b', '"open', '""', '"a"b'])('experiments: %j is no list', (written) => {
  expect(experiments(written)).toBeUndefined();
});
