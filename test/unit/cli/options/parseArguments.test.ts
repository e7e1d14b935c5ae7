import { expect, test } from 'vitest';
import { parseArguments } from '../../../../src/cli/options/parseArguments.ts';

const read = (...argv: string[]) => {
  const { command, subject, options, faults } = parseArguments(argv);
  return { command, subject, options: Object.fromEntries(options), faults };
};

test('a value stands behind its option, or joined to it by an equals sign', () => {
  const { options, faults } = read('--name', 'lab', '--postgres-uri=postgresql://h/d?a=b', '--workspace=', '-q', '-y');
  expect(options).toEqual({
    name: 'lab',
    'postgres-uri': 'postgresql://h/d?a=b',
    workspace: '',
    quiet: true,
    yes: true,
  });
  expect(faults).toEqual([]);
});

test('an option that lacks its value does not take the next one for it', () => {
  expect(read('--name', '--json')).toMatchObject({ options: { json: true }, faults: ['--name needs a value: NAME'] });
  expect(read('--name', '--', 'status')).toMatchObject({ command: 'status', faults: ['--name needs a value: NAME'] });
  expect(read('--batch-size', '-5').options).toEqual({ 'batch-size': '-5' });
});

test('a value that may be left out is one where neither an option nor a command follows', () => {
  expect(read('--follow', '30').options).toEqual({ follow: '30' });
  expect(read('--follow=5', '--yes').options).toEqual({ follow: '5', yes: true });
  expect(read('--follow', '--yes').options).toEqual({ follow: true, yes: true });
  expect(read('--follow', 'status')).toMatchObject({ command: 'status', options: { follow: true } });
  expect(read('--follow').faults).toEqual([]);
  // Told as a wrong number, and not as a command that there is not.
  expect(read('--follow', 'often', '--yes')).toMatchObject({ options: { follow: 'often', yes: true }, faults: [] });
});

test('an option that may be repeated keeps each of its values', () => {
  const { options, faults } = read('--map-artifacts', 's3://a=gs://b', '--map-artifacts=/a=/b', '--name', 'x');
  expect(options).toEqual({ 'map-artifacts': ['s3://a=gs://b', '/a=/b'], name: 'x' });
  expect(faults).toEqual([]);
});

test('what follows two dashes is no option', () => {
  expect(read('cancel', '--', '--lab')).toMatchObject({ command: 'cancel', subject: '--lab', options: {}, faults: [] });
});

test.each([
  ['-vq', 'Unknown option -vq'],
  ['-preset', 'Unknown option -preset; did you mean --preset?'],
  ['-dry-run', 'Unknown option -dry-run; did you mean --dry-run?'],
  ['-v=5', '--verbose takes no value'],
  ['--verbose=5', '--verbose takes no value'],
  ['---', 'Unknown option ---'],
  ['--__proto__', 'Unknown option --__proto__'],
  ['--key=postgresql://u:hunter22@h/d', null],
  ['--kye=postgresql://u:hunter22@h/d', 'Unknown option --kye; did you mean --key?'],
])('says what is wrong with %s', (argument, fault) => {
  expect(read(argument).faults).toEqual(fault === null ? [] : [fault]);
});

test('a value that belongs to a misspelt option is no command', () => {
  expect(read('--naem', 'lab', 'status')).toMatchObject({ command: 'status', subject: null });
});
