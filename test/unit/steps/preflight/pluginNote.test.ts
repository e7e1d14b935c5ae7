import { expect, test } from 'vitest';
import type { Flavour } from '../../../../src/contract/flavour.ts';
import { pluginNote } from '../../../../src/steps/preflight/pluginNote.ts';

test.each<[Flavour, string, RegExp]>([
  ['mongodb', '4.4.29', /MongoDB 8\.0 or later, and the target is 4\.4\.29/],
  ['mongodb', '7.0.14-8', /the target is 7\.0\.14-8/],
  ['cosmos-ru', '7.0.0', /MLflow does not work on them/],
  ['documentdb', '8.0.0', /DocumentDB, which names itself 8\.0\.0.*was not tried/],
])('%s %s is told with its version or what is known of it, as a note', (flavour, version, message) => {
  expect(pluginNote({ flavour, version })).toMatchObject({ severity: 'note', message: expect.stringMatching(message) });
});

test.each(['8.0.0', '8.0.3-rc1', '8.2.1', '10.0.0', 'unknown'])('of MongoDB %s nothing is said', (version) => {
  expect(pluginNote({ flavour: 'mongodb', version })).toBeNull();
});
