import { expect, test } from 'vitest';
import { mapNote } from '../../../../src/steps/preflight/mapNote.ts';

const artifacts = [{ from: 's3://a', to: 'gs://b' }];
const run = { artifacts, validateOnly: false, dropTarget: false };

test('another map than that of the target is told, with what follows of it', () => {
  expect(mapNote({ ...run, artifacts: [] }, { artifacts })?.message).toBe(
    'The target was last written with the map of artifact locations s3://a=gs://b, and this run has none: all rows are compared, and the locations that the two map otherwise are written anew',
  );
  expect(mapNote({ ...run, validateOnly: true }, {})?.message).toMatch(
    /^The target was last written with no map of artifact locations, and this run has the map .*: the locations that the two map otherwise differ$/,
  );
});

test.each([
  ['the target is new', run, undefined],
  ['the map is the same', run, { artifacts }],
  ['there never was one', { ...run, artifacts: [] }, {}],
  ['the target is emptied', { ...run, dropTarget: true }, {}],
])('nothing is told where %s', (_why, asked, owner) => {
  expect(mapNote(asked, owner)).toBeNull();
});
