-- Tables that no MLflow release has: every kind of type, name and shape that PostgreSQL offers.
create type mood as enum ('sad', 'ok', 'so:so', 'happy/glad');
create type pair as (a int, b text);
create domain short_text as varchar(20) check (length(value) > 0);
create domain shorter_text as short_text;
create domain money_text as numeric(12, 4);
create domain big_number as bigint;
create domain bigger_number as big_number;
create domain list_of_numbers as bigint[];

create table every_type (
  id bigint generated always as identity primary key,
  t_bool boolean, t_int2 smallint, t_int4 integer, t_int8 bigint, t_float4 real, t_float8 double precision,
  t_numeric numeric, t_scaled numeric(20, 5), t_text text, t_varchar varchar(80), t_char char(6), t_name name, t_qchar "char",
  t_uuid uuid, t_json json, t_jsonb jsonb, t_bytea bytea,
  t_timestamp timestamp, t_timestamptz timestamptz, t_date date, t_time time, t_timetz timetz, t_interval interval,
  t_inet inet, t_cidr cidr, t_mac macaddr, t_bit bit(4), t_varbit varbit, t_money money, t_tsvector tsvector,
  t_point point, t_box box, t_oid oid, t_int4range int4range, t_tstzrange tstzrange,
  t_mood mood, t_pair pair, t_domain shorter_text, t_domain_numeric money_text,
  t_generated integer generated always as (t_int2 * 2) stored,
  a_int int[], a_int8 bigint[], a_text text[], a_float double precision[], a_numeric numeric[], a_uuid uuid[], a_mood mood[],
  a_bytea bytea[], a_tstz timestamptz[], a_date date[], a_bool boolean[], a_jsonb jsonb[], a_grid int[][], a_inet inet[],
  a_domain shorter_text[], a_empty text[], a_char char(3)[]
);
insert into every_type default values;
insert into every_type (t_bool, t_int2, t_int4, t_int8, t_float4, t_float8, t_numeric, t_scaled, t_text, t_varchar, t_char, t_name, t_qchar,
  t_uuid, t_json, t_jsonb, t_bytea, t_timestamp, t_timestamptz, t_date, t_time, t_timetz, t_interval, t_inet, t_cidr, t_mac, t_bit,
  t_varbit, t_money, t_tsvector, t_point, t_box, t_oid, t_int4range, t_tstzrange, t_mood, t_pair, t_domain, t_domain_numeric,
  a_int, a_int8, a_text, a_float, a_numeric, a_uuid, a_mood, a_bytea, a_tstz, a_date, a_bool, a_jsonb, a_grid, a_inet, a_domain, a_empty, a_char)
values
  (true, -16384, -2147483648, -9223372036854775808, '-0', '-0', '-0.000', 1.5, '', 'é', 'ab', 'some name', 'x',
   'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{"b":1, "a":[1,2.5,-0,1e400]}', '{"b":1,"a":[1,2.5,null]}', '\x00ff5c',
   '1969-12-31 23:59:59.999999', '0001-01-01 00:00:00+00', '0044-03-15 BC', '24:00', '23:59:59.123456-12',
   '1 year 2 mons -3 days 04:05:06.789', '::1/64', '10.0.0.0/8', '08:00:2b:01:02:03', '1010', '1', '-1234.56', 'a fat cat', '(1,2)',
   '(0,0),(1,1)', 4294967295, '[1,10)', '[2020-01-01 00:00+00,)', 'so:so', '(1,"x, ""y""")', 'dom', 12.5,
   '{1,NULL,3}', '{9007199254740993}', '{"",NULL,"NULL","a\"b","c,d"}', '{NaN,Infinity,-0}', '{1.10,NULL}',
   '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{sad,happy/glad}', array['\x00'::bytea, '\x'], '{"2020-02-29 00:00+00"}', '{2020-01-01}',
   '{t,f,NULL}', array['{"x":1}', '[1]', '3', '"s"', 'null']::jsonb[], '{{1,2},{3,4}}', '{127.0.0.1}', '{dom}', '{}', '{ab,abc}'),
  (false, 16383, 2147483647, 9223372036854775807, '3.4028235e38', 5e-324, '1234567890123456789012345678901234', 999999999999999.99999,
   E'a\x01\n"\\', '$where', '', '', '', '00000000-0000-0000-0000-000000000000', '"scalar"', '7', '',
   '275760-09-12 23:59:59.999999', '4714-11-24 00:00:00+00 BC', '275760-09-12', '00:00', '00:00+15', '-1 mons', '1.2.3.4', '::/0',
   'ff:ff:ff:ff:ff:ff', '0000', '', '0', '', '(NaN,-0)', '(1,1),(1,1)', 0, 'empty', '(,)', 'sad', '(,)', 'x', -0.0001,
   '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
  (null, 0, 0, 0, 'NaN', 'NaN', 'NaN', 0, '{"looks":"like json"}', '1', 'padded', 'n', 'y', gen_random_uuid(), '[]', '{}', '\x5c',
   'infinity', '-infinity', 'infinity', '12:34:56.000001', '12:34:56+00', '0', '0.0.0.0', '0.0.0.0/0', '00:00:00:00:00:00', '1111', '10101',
   '1', '''it''''s'':1A', '(1e308,-1e-308)', '(2,2),(0,0)', 1, '(,5)', '[-infinity,infinity]', 'ok', null, 'y', 0,
   '[0:1]={7,8}', '{-1}', '{{a,b},{c,NULL}}', '{5e-324}', '{NaN,12345678901234567890123456789012345678901234567890}', null, '{ok}', null,
   '{infinity,"1969-12-31 23:59:59.9995+00"}', '{infinity,-infinity}', null, null, '{{{1},{2}},{{3},{NULL}}}', null, null, '{}', null),
  (null, 1, 1, 1, '1e-45', 0.1, '123456789012345678901234567890123456789.5', 1, repeat('ü', 300), 'x', 'x', 'x', 'x', gen_random_uuid(),
   '{"a":{"a":{"a":[[[{"":"empty key"}]]]}},"$set":{"x.y":1}}', '{"n":123456789012345678901234567890,"i":9007199254740993}', '\xdeadbeef',
   '2024-02-29 12:00:00.123456', '2024-06-30 23:59:59.999999+00', '2000-01-01', '12:00', '12:00+05:30', '178000000 years', '1::', '1::/16',
   '01:02:03:04:05:06', '0101', '1', '1', 'x', '(0,0)', '(0,0),(0,0)', 7, '[3,3]', '[,2020-01-01)', 'ok', '(2,)', 'z', 1,
   '{1}', '{1}', '{\\,"\\\\"}', '{1}', '{Infinity}', '{00000000-0000-0000-0000-000000000000}', '{so:so}', '{NULL}', '{NULL}', '{NULL}', '{NULL}',
   '{NULL}', '{{NULL}}', '{NULL}', '{NULL}', '{NULL}', '{NULL}');

create table lists_of_domains (
  id int primary key, numbers bigger_number[], prices money_text[], list list_of_numbers
);
insert into lists_of_domains values
  (1, '{9007199254740993,NULL}', '{1.5,NULL}', '{9007199254740993}'),
  (2, '{{1,2},{3,4}}', '{}', '{}'), (3, null, null, null);

-- Names that need quoting, that MongoDB reads in its own way, or that this program uses itself.
create table "Select" (
  "Order" text primary key, "user" int, "CamelCase" int, "with space" text, "dotted.name" text, "$dollar" text, "quo""te" text,
  "größe" text, "🧪" text, "__proto__" text, "constructor" int, "0" text, "t" int, "migration row hash" text, "_id" text
);
insert into "Select" values ('a', 1, 2, 'b', 'c', 'd', 'e', 'f', 'g', 'h', 3, 'i', 4, 'j', 'k'), ('b', null, null, null, null, null, null, null, null, null, null, null, null, null, null);
create table "Übergröße" (id uuid primary key, value text);
insert into "Übergröße" select gen_random_uuid(), 'v' || i from generate_series(1, 20) i;

-- Keys of every kind.
create table key_numbers (a smallint, b bigint, c int, value text, primary key (b, a, c));
insert into key_numbers select i, -9223372036854775808 + i, -i, 'v' from generate_series(1, 300) i;
create table key_float (run_uuid text, x double precision, primary key (run_uuid, x));
insert into key_float select 'r' || (i % 3), i::float8 / 7 from generate_series(-50, 50) i;
insert into key_float values ('z', 'NaN'), ('z', 'Infinity'), ('z', '-Infinity'), ('z', 5e-324), ('z', -5e-324), ('z', 0);
create table key_mixed (m mood, d date, ts timestamptz, n numeric, f boolean, b bytea, note text, primary key (m, d, ts, n, f, b));
insert into key_mixed select (array['sad', 'ok', 'so:so', 'happy/glad'])[1 + i % 4]::mood, date '2020-01-01' + i, timestamptz '2020-01-01 00:00:00.000001+00' + i * interval '1 microsecond',
  i / 3.0, i % 2 = 0, ('\x' || lpad(to_hex(i), 4, '0'))::bytea, 'n' from generate_series(1, 200) i;
create table key_text (id text primary key, n int);
insert into key_text values ('', 0), ('a/b', 1), ('a\b', 2), (repeat('x', 600), 3), (repeat('x', 600) || 'y', 4), (repeat('é', 256), 5), (repeat('é', 257), 6),
  ('a:b', 7), ('a%3ab', 8), (E'tab\t', 10), ('a.b$c', 11), ('🧪', 12), (' ', 13), ('A', 14), ('a', 15);
create table key_jsonb (j jsonb primary key, n int);
insert into key_jsonb select jsonb_build_object('k', i), i from generate_series(1, 20) i;
create table key_char (c char(8), n int, primary key (c, n));
insert into key_char select 'c' || (i % 5), i from generate_series(1, 20) i;
create table unique_lists (id int primary key, j jsonb not null unique);
insert into unique_lists values (1, '[1, 2]'), (2, '[2, 3]'), (3, '{"a": [1]}'), (4, '"s"');
create table of_unique_lists (id int primary key, j jsonb not null unique references unique_lists (j));
insert into of_unique_lists values (1, '[1, 2]'), (2, '[2, 3]'), (3, '{"a": [1]}'), (4, '"s"');
create table key_array (a text[] primary key, n int);
insert into key_array values ('{a,b}', 1), ('{"a,b"}', 2), ('{}', 3), ('{NULL}', 4), ('{{a},{b}}', 5);
create table key_date (d date primary key, n int);
insert into key_date values ('2020-01-01', 1), ('infinity', 2), ('-infinity', 3), ('0044-03-15 BC', 4);
create table key_inet (a inet primary key);
insert into key_inet values ('::1'), ('127.0.0.1'), ('10.0.0.0/8');
create table key_unique_only (a int not null, b text not null, c text, unique (a, b));
insert into key_unique_only select i, 'b' || i, null from generate_series(1, 30) i;
create table key_range (r int4range primary key);
insert into key_range values ('[1,5)'), ('empty'), ('(,)');

-- Equal in SQL, but spelled in another way than the parent's key.
create table key_spelled (n numeric primary key, i interval not null unique, c char(4) not null unique);
insert into key_spelled values (1.0, '2 days', 'x'), (2, '1 hour', 'y');
create table of_spelled (
  id int primary key, n numeric references key_spelled (n), i interval references key_spelled (i), c char(6) references key_spelled (c)
);
insert into of_spelled values (1, 1.00, '48 hours', 'x'), (2, 2, '60 minutes', 'y'), (3, null, null, null);

-- No key at all, with rows that are equal.
create table no_key (a int, b text, j jsonb, f double precision);
insert into no_key select i % 5, 'b', '{"x": 1}', 'NaN' from generate_series(1, 40) i;
insert into no_key values (null, null, null, null), (null, null, null, null), (1, '1,2', null, null), (1, '1', '2', null);
create table no_key_nullable_unique (a int unique, b text);
insert into no_key_nullable_unique values (1, 'x'), (null, 'y'), (null, 'y');
-- Columns with the names that the reading of such tables uses itself: equal in them, and apart in another.
create table no_key_shadows (
  s text, t text, l text, "migration row hash" text, "migration row hash_" text, "migration row number" int, "row" text, other int
);
insert into no_key_shadows select 'same', 'same', 'same', 'same', 'same', 1, 'same', i from generate_series(1, 9) i;
create table no_key_composite (s pair, t int);
insert into no_key_composite select (1, 'same')::pair, i from generate_series(1, 9) i;
create table no_columns ();
insert into no_columns default values;
insert into no_columns default values;
create table nothing_in_it (id int primary key, j jsonb);
create table "CON" (id serial primary key, parent int references "CON" (id));
insert into "CON" (parent) values (null), (1), (2);

-- Partitions, inheritance, dropped columns, and things that are no tables.
create table parted (id int, at date, value text, primary key (id, at)) partition by range (at);
create table parted_2023 partition of parted for values from ('2023-01-01') to ('2024-01-01');
create table parted_2024 partition of parted for values from ('2024-01-01') to ('2025-01-01') partition by list (id);
create table parted_2024_rest partition of parted_2024 default;
insert into parted select i, date '2023-06-01' + i, 'v' from generate_series(1, 500) i;
create table parent_of (id int primary key, value text);
create table child_of (extra text, primary key (id)) inherits (parent_of);
insert into parent_of values (1, 'p'), (2, 'p');
insert into child_of values (3, 'c', 'e'), (4, 'c', 'e');
create table dropped (a int, b int, c int primary key);
alter table dropped drop column a;
insert into dropped values (1, 2), (3, 4);
alter table dropped add column late text default 'filled in';
create view a_view as select * from dropped;
create materialized view a_matview as select * from dropped;
create sequence a_sequence;
create unlogged table unlogged (id int primary key);
insert into unlogged values (1);
