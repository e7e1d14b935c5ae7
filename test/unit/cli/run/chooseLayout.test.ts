import { expect, test } from 'vitest';
import type { CommandContext } from '../../../../src/cli/commandContext.ts';
import { parseArguments } from '../../../../src/cli/options/parseArguments.ts';
import { readOptions } from '../../../../src/cli/options/readOptions.ts';
import { withLayout } from '../../../../src/cli/run/chooseLayout.ts';

test('who asks for one workspace is not asked for the layout, as one alone carries that', async () => {
  const notes: string[] = [];
  const output = { canAsk: true, note: (line: string) => notes.push(line) } as unknown as CommandContext['output'];
  const chosen = async (...args: string[]) => {
    const options = readOptions(parseArguments(['--postgres-uri', 'postgresql://h/d', ...args]), {});
    return (await withLayout({ options, output } as CommandContext, {})).layout;
  };
  expect(await chosen('--workspace', 'team')).toBe('mlflow');
  expect(notes).toEqual(['Layout mlflow: no other carries one workspace alone']);
  expect(await chosen('--workspace', 'team', '--layout', 'tables')).toBe('tables');
  expect(await chosen('--workspace', 'team', '--yes')).toBeNull();
});
