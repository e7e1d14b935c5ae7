/** `npm run func`: the app under Azure Functions Core Tools, where they are installed. Arguments go on to `func start`. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const NOT_INSTALLED = `Azure Functions Core Tools are not installed: there is no func on PATH.
Get them with  npm install --global azure-functions-core-tools@4 --unsafe-perm true
or as https://learn.microsoft.com/azure/azure-functions/functions-run-local says.
Without them, npm run dev runs the same functions on the local host of this repository.
`;
const NO_SETTINGS = `There is no local.settings.json yet: copy local.settings.example.json to it and fill in the connections.
`;
const NOT_FOUND_BY_SHELL = [127, 9009];
const EXIT_USAGE = 2;

const root = fileURLToPath(new URL('..', import.meta.url));
const isWindows = process.platform === 'win32';
if (!existsSync(`${root}/local.settings.json`)) process.stderr.write(NO_SETTINGS);
const args = ['start', ...process.argv.slice(2)];
// npm installs func as a .cmd file on Windows, which only a shell runs.
const child = spawn('func', args, { cwd: root, stdio: 'inherit', shell: isWindows });
// Ctrl-C in a terminal reaches func by itself, which then ends in its own time.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  process.stderr.write(isMissing ? NOT_INSTALLED : `func cannot be started: ${error.message}\n`);
  process.exitCode = isMissing ? EXIT_USAGE : 1;
});
child.on('exit', (code, signal) => {
  const isMissing = isWindows && NOT_FOUND_BY_SHELL.includes(code ?? 0);
  if (isMissing) process.stderr.write(NOT_INSTALLED);
  process.exitCode = isMissing ? EXIT_USAGE : (code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
});
