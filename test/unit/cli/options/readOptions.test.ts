import { expect, test } from 'vitest';
import { parseArguments } from '../../../../src/cli/options/parseArguments.ts';
import { readOptions } from '../../../../src/cli/options/readOptions.ts';

const read = (...argv: string[]) => readOptions(parseArguments(argv), {});

test('a map of artifact locations is a mapping for each time it is given', () => {
  expect(read('--map-artifacts', 's3://a=gs://b', '--map-artifacts', '/a/=/b').mapArtifacts).toEqual([
    { from: 's3://a', to: 'gs://b' },
    { from: '/a/', to: '/b' },
  ]);
  expect(read().mapArtifacts).toBeNull();
});

test.each([
  [['s3://a'], '--map-artifacts must be FROM=TO'],
  [['s3://a=gs://b', 'x'], '--map-artifacts number 2 must be FROM=TO'],
  [['a=b'], '--map-artifacts does not name two locations, which begin with a scheme such as s3:'],
  [['=gs://b'], '--map-artifacts must be FROM=TO; such as s3://old-bucket=gs://new-bucket'],
  [['s3=gs://b'], '--map-artifacts FROM must begin as a location does'],
  [['s3://a=gs://b', 's3://a=gs://c'], '--map-artifacts number 2 FROM is mapped to two places'],
  [['ftp://u:hush@h/a=s3://b'], '--map-artifacts FROM must not hold a password'],
])('the map %j is refused', (values, message) => {
  const refused = () => read(...values.flatMap((value) => ['--map-artifacts', value]));
  expect(refused).toThrow(message);
  expect(refused).not.toThrow('hush');
});

test('whoever does not compare has no use for a map', () => {
  expect(() => read('status', '--map-artifacts', 's3://a=gs://b')).toThrow('status does not read --map-artifacts');
});
