/**
 * What the installed command begins with, as `dist/cli.cjs`. It is a file of its own in words that every Node.js reads, as one
 * that is too old would answer the command itself with the stack of a syntax error. scripts/build.ts puts in what package.json
 * says of Node.js.
 */
declare const OLDEST_NODE: string;

const COMMAND = './command/command.js';
const [running = [], oldest = []] = [process.versions.node, OLDEST_NODE].map((text) => text.split('.').map(Number));
const isOld = running[0] === oldest[0] ? (running[1] ?? 0) < (oldest[1] ?? 0) : (running[0] ?? 0) < (oldest[0] ?? 0);

if (isOld) {
  process.stderr.write(
    `mlflow-migrate needs Node.js ${OLDEST_NODE} or newer, and this is ${process.versions.node} (${process.execPath}): get it from https://nodejs.org/en/download\n`,
  );
  process.exitCode = 2;
} else {
  void import(COMMAND);
}

export {};
