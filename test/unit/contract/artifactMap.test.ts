import { expect, test } from 'vitest';
import { ArtifactMappings, sortedMappings } from '../../../src/contract/artifactMap.ts';
import { parseMapping } from '../../../src/contract/parseMapping.ts';

test.each([
  ['s3://a=gs://b', { from: 's3://a', to: 'gs://b' }],
  ['s3://a/dt=1/x=s3://b/dt=1/x', { from: 's3://a/dt=1/x', to: 's3://b/dt=1/x' }],
  ['/mlruns=/', { from: '/mlruns', to: '/' }],
  ['./mlruns=file:///x', { from: './mlruns', to: 'file:///x' }],
  ['s3://a', null],
  ['s3://a=', null],
  ['=s3://a', null],
  ['s3://a=b', null],
])('%s is the mapping %j', (written, mapping) => {
  expect(parseMapping(written)).toEqual(mapping);
});

test.each([
  [{ from: 's3', to: 'gs://b' }, 0, 'from', /must begin as a location/],
  [{ from: 's3://a', to: 'b' }, 0, 'to', /must begin as a location/],
  [{ from: 's3://a ', to: 'gs://b' }, 0, 'from', /no space/],
  [{ from: 's3://a\n', to: 'gs://b' }, 0, 'from', /no control characters/],
  [{ from: 'ftp://user:hush/x@host/a', to: 'gs://b' }, 0, 'from', /must not hold a password/],
  [{ from: 's3://a', to: 'wasbs://c@h/a?sig=hush' }, 0, 'to', /must end before/],
  [{ from: 's3://a', to: 's3://a' }, 0, 'to', /names the same place/],
])('%j is refused', (mapping, index, end, message) => {
  const { error } = ArtifactMappings.safeParse([mapping]);
  expect(error?.issues).toMatchObject([{ path: [index, end], message: expect.stringMatching(message) }]);
  expect(JSON.stringify(error)).not.toContain('hush');
});

test('a prefix has one place to go to', () => {
  const twice = [
    { from: 's3://a', to: 'gs://b' },
    { from: 's3://a/', to: 'gs://c' },
  ];
  expect(ArtifactMappings.safeParse(twice).error?.issues).toMatchObject([
    { path: [1, 'from'], message: 'is mapped to two places' },
  ]);
});

test('a port is no password, and a container no login', () => {
  const mappings = [
    { from: 'mlflow-artifacts://host:5000/a@b', to: 'wasbs://c@acct.blob.core.windows.net' },
    { from: 'hdfs://host:8020/x', to: 'abfss://c@acct.dfs.core.windows.net/x' },
  ];
  expect(ArtifactMappings.parse(mappings)).toEqual(mappings);
});

test('a map has one order, and each prefix once', () => {
  const [one, other] = [
    { from: 's3://b', to: 'gs://b' },
    { from: 's3://a', to: 'gs://a' },
  ];
  expect(sortedMappings([one, other, { ...one, from: 's3://b/' }]).map(({ to }) => to)).toEqual(['gs://a', 'gs://b']);
  expect(sortedMappings([other, one])).toEqual(sortedMappings([one, other]));
});
