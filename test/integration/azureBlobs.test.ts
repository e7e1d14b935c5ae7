import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { AzureBlobStore } from '../../src/storage/azureBlobStore.ts';

const store = () => new AzureBlobStore({ connectionString: inject('storageConnectionString') });

test('clearing deletes what was there, and lets stand what is written while it looks', async () => {
  const blobs = store();
  const prefix = `${randomUUID()}/`;
  for (const name of ['old', 'rewritten', 'gone', 'kept']) await blobs.put(`${prefix}${name}`, 'before', 'text/plain');
  await blobs.clear(prefix, {
    except: [`${prefix}kept`],
    check: async () => {
      await blobs.put(`${prefix}rewritten`, 'after', 'text/plain');
      await blobs.put(`${prefix}new`, 'after', 'text/plain');
      await blobs.clear(`${prefix}gone`);
    },
  });
  expect((await blobs.list(prefix)).toSorted()).toEqual([`${prefix}kept`, `${prefix}new`, `${prefix}rewritten`]);
  expect(await blobs.get(`${prefix}rewritten`)).toBe('after');
});

test('nothing is deleted when the check throws', async () => {
  const blobs = store();
  const prefix = `${randomUUID()}/`;
  await blobs.put(`${prefix}kept`, 'before', 'text/plain');
  const clearing = blobs.clear(prefix, {
    check: async () => {
      throw new RangeError('one runs already');
    },
  });
  await expect(clearing).rejects.toThrow('one runs already');
  expect(await blobs.list(prefix)).toEqual([`${prefix}kept`]);
});
