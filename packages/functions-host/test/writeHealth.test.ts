import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { Store } from '../src/store/store.ts';
import { WriteHealth } from '../src/store/writeHealth.ts';

test('a disk that takes nothing for a minute is told, and one that takes something in between is not', () => {
  const database = new DatabaseSync(':memory:');
  database.exec('create table t (x)');
  const lost: string[] = [];
  let now = 0;
  const health = new WriteHealth(
    (reason) => lost.push(reason),
    () => now,
  );
  const store = new Store(database, (error) => health.note(error));
  const write = (bytes: number): void => {
    store.transaction(() => database.prepare('insert into t values (zeroblob(?))').run(bytes));
  };
  // As full as a disk: what is there fits, and no page more.
  database.exec('pragma max_page_count = 2');
  const tooMuch = (): void => expect(() => write(100_000)).toThrow('full');

  tooMuch();
  now = 59_000;
  tooMuch();
  write(1);
  now = 61_000;
  tooMuch();
  // What the work itself throws says nothing of the disk.
  now = 200_000;
  const faulty = (): never => {
    throw new Error('of its own');
  };
  expect(() => store.transaction(faulty)).toThrow('of its own');
  expect(lost).toEqual([]);
  tooMuch();
  expect(lost).toEqual(['database or disk is full']);
  database.close();
});
