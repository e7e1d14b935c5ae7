import type pg from 'pg';

/** Lets every key be looked up by the index: by any other plan the table would be read as a whole for each page of keys. */
export async function lookUpByIndex(client: pg.ClientBase, isOn: boolean): Promise<void> {
  const value = isOn ? 'off' : 'on';
  await client.query(
    `set local enable_seqscan = ${value}; set local enable_hashjoin = ${value}; set local enable_mergejoin = ${value}`,
  );
}
