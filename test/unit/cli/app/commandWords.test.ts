import { expect, test } from 'vitest';
import { commandWords } from '../../../../src/cli/app/commandWords.ts';

test.each([
  ['Look at /api/migrations/lab-1/report', 'Look at mlflow-migrate report --name lab-1'],
  [
    'Its end is being recorded: in a moment, /api/migrations/lab/report has it',
    'Its end is being recorded: in a moment, mlflow-migrate report --name lab has it',
  ],
  [
    'Wait until /api/migrations/lab says cancelled, then start it again',
    'Wait until mlflow-migrate status --name lab says cancelled, then start it again',
  ],
  ['List what there is with GET /api/migrations', 'List what there is with mlflow-migrate status'],
  // What no command does stays a route.
  ['POST /api/migrations/lab/purge', 'POST /api/migrations/lab/purge'],
  ['Check the address', 'Check the address'],
])('%s', (hint, words) => {
  expect(commandWords(hint)).toBe(words);
});

test('a command is told to look at the app that has answered', () => {
  const url = 'https://app.example';
  expect(commandWords('Look at /api/migrations/-x/report or GET /api/migrations', url)).toBe(
    `Look at mlflow-migrate report --name=-x --url ${url} or mlflow-migrate status --url ${url}`,
  );
});
