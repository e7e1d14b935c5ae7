import { expect, test } from 'vitest';
import { FaultBook } from '../../../../src/steps/back/faultBook.ts';

test('a field of a document has one reason, the first; documents as a whole may have several', () => {
  const book = new FaultBook();
  const fault = { table: 'experiments', key: '7', field: 'name', reason: 'it has a zero byte' };
  book.add(fault);
  book.add({ ...fault, reason: 'it is missing, and the column takes no NULL' });
  book.add({ ...fault, key: '8' });
  expect(book.listed).toEqual([fault, { ...fault, key: '8' }]);
  expect(book.counts).toEqual([{ table: 'experiments', field: 'name', reason: 'it has a zero byte', documents: 2 }]);
  book.add({ ...fault, field: '', reason: 'one' });
  book.add({ ...fault, field: '', reason: 'other' });
  expect(book.listed).toHaveLength(4);
});
