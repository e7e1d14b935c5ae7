/** `npm run migrate`: the operator's command as it stands in src, on an app that is built anew where its sources have changed. */
import { buildWhenChanged } from './buildWhenChanged.ts';

const isQuiet = process.argv.slice(2).some((arg) => arg === '--quiet' || arg === '-q');
await buildWhenChanged((text) => {
  if (!isQuiet) process.stderr.write(`${text}\n`);
});
await import('../src/cli/main.ts');
