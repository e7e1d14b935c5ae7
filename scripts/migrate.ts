/** `npm run migrate`: the operator's command as it is installed, built anew, with the app, where sources have changed. */
import { buildWhenChanged } from './buildWhenChanged.ts';

const isQuiet = process.argv.slice(2).some((arg) => arg === '--quiet' || arg === '-q');
await buildWhenChanged((text) => {
  if (!isQuiet) process.stderr.write(`${text}\n`);
});
// Bundled it starts in half the time of its sources, whose types Node strips file by file.
await import(new URL('../dist/cli.cjs', import.meta.url).href);
