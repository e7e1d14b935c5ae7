import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ACTIVITIES } from '../../../src/contract/functionNames.ts';
import { ROOT, readText } from '../docs/markdown.ts';

test.each(Object.values(ACTIVITIES))('the activity %s wires the step of its name', (name) => {
  for (const room of ['activities', 'steps']) expect(existsSync(join(ROOT, 'src', room, `${name}.ts`))).toBe(true);
  expect(readText(`src/activities/${name}.ts`)).toContain(`import { ${name} } from '../steps/${name}.ts';`);
  const [, parameters] =
    new RegExp(`export async function ${name}\\(([^]*?)\\n?\\): Promise`).exec(readText(`src/steps/${name}.ts`)) ?? [];
  expect(parameters?.match(/Services,|\bsignal: AbortSignal\b/g)).toHaveLength(2);
});
