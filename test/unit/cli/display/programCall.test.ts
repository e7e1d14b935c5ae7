import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createOutput } from '../../../../src/cli/display/output.ts';
import { asCalled, programCall } from '../../../../src/cli/display/programCall.ts';

const NPM = 'npm run --silent migrate --';

test('the program is called as it was', () => {
  const npm = { npm_package_name: 'mlflow-migrate', npm_lifecycle_event: 'migrate' };
  expect(programCall(npm, '/a/scripts/migrate.ts')).toBe(NPM);
  // `npm start` calls it as well, and takes no arguments for it.
  expect(programCall({ ...npm, npm_lifecycle_event: 'start' }, '/a/src/cli/main.ts')).toBe(NPM);
  expect(programCall({ ...npm, npm_lifecycle_event: 'npx' }, '/a/cli.cjs')).toBe('npx mlflow-migrate');
  expect(programCall({}, '/usr/bin/mlflow-migrate')).toBe('mlflow-migrate');
  expect(programCall({}, `${process.cwd()}/src/cli/main.ts`)).toBe('node src/cli/main.ts');
});

test.each([
  ['Go on with: mlflow-migrate --resume --name lab', `Go on with: ${NPM} --resume --name lab`],
  ['Look at it with mlflow-migrate status --name lab, or', `Look at it with ${NPM} status --name lab, or`],
  ['Usage: mlflow-migrate [command] [options]', `Usage: ${NPM} [command] [options]`],
  ['mlflow-migrate migrate-back --dry-run; mlflow-migrate help all', `${NPM} migrate-back --dry-run; ${NPM} help all`],
  // What is no call of it.
  ['Another mlflow-migrate works on lab', null],
  ['mlflow-migrate reports to you', null],
  ['/srv/.mlflow-migrate report', null],
  ["application_name <> 'mlflow-migrate'", null],
])('%s, as the script of npm is called', (text, called) => {
  expect(asCalled(text, NPM)).toBe(called ?? text);
});

/** What is written to a stream that is a terminal, or none. */
function stream(isTTY: boolean): { readonly stream: NodeJS.WriteStream; readonly text: () => string } {
  let text = '';
  const writable = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      done();
    },
  });
  return {
    stream: Object.assign(writable, { isTTY, columns: 200 }) as unknown as NodeJS.WriteStream,
    text: () => text,
  };
}

test('lines on stderr and a report on a terminal have commands to paste, one in a pipe is as its file', () => {
  const stderr = stream(false);
  const outputTo = (isTTY: boolean) =>
    createOutput(
      { stdin: process.stdin, stdout: stream(isTTY).stream, stderr: stderr.stream },
      {},
      false,
      'npx mlflow-migrate',
    );
  const report = 'mlflow-migrate validate compares all again';
  expect(outputTo(true).fit(report)).toBe(`npx ${report}`);
  expect(outputTo(false).fit(report)).toBe(report);
  outputTo(false).note(report);
  outputTo(false).copyable(report);
  outputTo(false).error(report);
  expect(stderr.text()).toBe(`npx ${report}\n`.repeat(3));
});
