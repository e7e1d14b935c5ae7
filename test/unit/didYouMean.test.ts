import { expect, test } from 'vitest';
import { didYouMean } from '../../src/didYouMean.ts';

const keys = ['batch_size', 'dry_run', 'validate', 'validate_data', 'parallel', 'name'];

test.each([
  ['batch-size', 'batch_size'],
  ['batchSize', 'batch_size'],
  ['bacth_size', 'batch_size'],
  ['dry', null],
  ['dryrn', 'dry_run'],
  ['validat', 'validate'],
  ['parallel_workers', 'parallel'],
  ['colour', null],
  ['', null],
])('finds what was meant by %s', (word, meant) => {
  expect(didYouMean(word, keys)).toBe(meant);
});
