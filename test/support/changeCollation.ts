/**
 * Makes the server take a table's texts and indexes for ordered by ICU, which they are not: what an upgrade of the
 * collations under a database comes to.
 */
export const changeCollation = (table: string) => `
  update pg_attribute set attcollation = '"en-x-icu"'::regcollation
   where attrelid = '${table}'::regclass and attcollation <> 0 and attnum > 0;
  update pg_index i set indcollation =
    (select string_agg(case when o = '0' then '0' else '"en-x-icu"'::regcollation::oid::text end, ' ' order by n)::oidvector
       from unnest(string_to_array(i.indcollation::text, ' ')) with ordinality u (o, n))
   where indrelid = '${table}'::regclass`;
