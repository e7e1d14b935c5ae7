import { expect, test } from 'vitest';
import { unknownName } from '../../../../src/cli/place/unknownName.ts';
import { toProblem } from '../../../../src/errors.ts';

test('a name that there is not is told with the nearest, and never with itself', () => {
  expect(unknownName('lap', 'in x', ['lab', 'other'], '').message).toBe(
    'There is no migration lap in x; did you mean lab?',
  );
  const begun = toProblem(unknownName('lab', 'in x', ['lab'], 'Check it'));
  expect(begun).toMatchObject({ message: 'There is no migration lab in x', hint: 'There is none yet. Check it' });
});
