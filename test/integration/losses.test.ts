import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compare, type Outcome, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`;
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** JSON objects that BSON cannot hold as they are, or that would not come back the same. */
const HARD = {
  'half a surrogate pair': String.raw`{"a": "x\ud83ey"}`,
  'a key with half a surrogate pair': String.raw`{"\udc00": 1}`,
  'a key with a zero byte': String.raw`{"a\u0000b": 1}`,
  'keys twice': '{"a": 1, "b": 2, "a": 3}',
  'a number beyond a double': '{"a": 1e400}',
  'an integer beyond 64 bits': '{"a": 123456789012345678901234567890}',
  'more digits than a double has': '{"a": 0.12345678901234567890123}',
  'words of Python': '{"a": NaN, "b": -Infinity}',
  '150 levels': `{"a": ${deep(150)}}`,
};

describe('in the layout tables', () => {
  test('JSON that BSON cannot hold unchanged stays the text that it is, in every kind of column', async () => {
    const pair = await app.pair('3.17.2');
    const texts = Object.values(HARD);
    const parses = texts.filter((text) => !text.includes('NaN'));
    const inserts = parses.map((text, i) => `(${i}, ${sqlText(text)}, array[${sqlText(text)}]::json[])`).join(', ');
    const targets: readonly (readonly [table: string, column: string, key: string])[] = [
      ['spans', 'content', 'span_id'],
      ['assessments', 'value', 'assessment_id'],
      ['assessments', 'error', 'assessment_id'],
      ['assessments', 'assessment_metadata', 'assessment_id'],
    ];
    const updates = targets.map(
      ([table, column, key]) =>
        `update ${table} t set ${column} = v.text from (select ${key} as key, row_number() over (order by ${key}) as place from ${table}) k,
           (values ${texts.map((text, i) => `(${i + 1}, ${sqlText(text)})`).join(', ')}) v (place, text)
          where k.key = t.${key} and v.place = k.place`,
    );
    await runSql(
      pair.postgresUri,
      `create table json_kinds (id int primary key, j json, a json[]); insert into json_kinds values ${inserts}, (99, '{"z": -0}', array['{"z": -0}']::json[]); ${updates.join('; ')}`,
    );
    const { report, code } = await app.migrate(pair);
    expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(code).toBe(0);
    expect((await compare(pair)).differences).toEqual([]);
    await withTarget(pair, async (db) => {
      const stands = async (collection: string, field: string) =>
        new Set((await db.collection(collection).find().toArray()).map((document) => document[field] as unknown));
      for (const [table, column] of targets) {
        const found = await stands(table, column);
        for (const text of texts) expect(found, `${table}.${column}`).toContain(text);
      }
      const zero = await db.collection<Document & { _id: string }>('json_kinds').findOne({ id: 99 });
      expect(Object.is(zero?.['j'].z, -0) && Object.is(zero?.['a'][0].z, -0)).toBe(true);
      expect([...(await stands('json_kinds', 'j'))]).toEqual(expect.arrayContaining(parses));
      expect([...(await stands('json_kinds', 'a'))]).toEqual(expect.arrayContaining(parses.map((text) => [text])));
    });
  });
});

describe('in the layout mlflow', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await app.pair('3.17.2');
    const surrogate = sqlText(String.raw`\ud83e`);
    await runSql(
      pair.postgresUri,
      `update spans set content = replace(content, '"attributes":', '"lost": ["a' || ${surrogate} || 'b", 1], "attributes":')
         where span_id in (select span_id from spans where content <> '' order by span_id limit 2);
       update assessments set value = '"' || ${surrogate} || '"', assessment_type = 'feedback'
         where assessment_id = (select assessment_id from assessments order by 1 limit 1);
       update assessments set assessment_metadata = '{"n": 99999999999999999999, "d": 1, "d": 2}'
         where assessment_id = (select assessment_id from assessments order by 1 offset 1 limit 1);
       update assessments set value = '${deep(95)}', assessment_type = 'expectation'
         where assessment_id = (select assessment_id from assessments order by 1 offset 2 limit 1);
       update assessments set assessment_metadata = '{"d": 1, "d": 2}'
         where assessment_id = (select assessment_id from assessments order by 1 offset 3 limit 1);
       update logged_models set status = 17 where model_id = (select min(model_id) from logged_models);
       update runs set user_id = null where run_uuid = (select min(run_uuid) from runs);
       update spans set content = replace(content, '"attributes":', '"deep": ${deep(95)}, "attributes":')
         where span_id = (select max(span_id) from spans where content <> '');`,
    );
  });

  const told = ({ report }: Outcome, check: string) =>
    report.validation.findings
      .filter((finding) => finding.check === check && finding.key !== undefined)
      .map(({ severity, table, field, message }) => `${severity} ${table} ${field ?? ''} ${message.slice(0, 400)}`);

  test('each value that arrives changed is told once with its row and field, and what cannot arrive is an error of the row', async () => {
    const outcome = await app.migrate(pair, { layout: 'mlflow' });
    const content = told(outcome, 'content');
    expect(content.filter((line) => line.startsWith('error'))).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^error spans content\.lost\.0 .*half a surrogate pair.*U\+FFFD stands in its place$/),
        expect.stringMatching(/^error assessments content\.feedback\.value .*half a surrogate pair/),
        expect.stringMatching(
          /^error assessments content\.metadata\.n .*beyond 64 bits.*the nearest double stands in its place$/,
        ),
        expect.stringMatching(/^error assessments content\.expectation\.value .*deeper than 90 levels.*as a string$/),
        expect.stringMatching(/^error logged_models status .*no status for/),
      ]),
    );
    expect(content.filter((line) => line.startsWith('error'))).toHaveLength(6);
    expect(content.filter((line) => line.startsWith('note'))).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^note assessments content\.metadata\.d .*a key appears twice/),
        expect.stringMatching(/^note runs user_id .*NULL/),
      ]),
    );
    expect(told(outcome, 'copy')).toEqual([
      expect.stringMatching(/^error spans {2}The content of the span cannot be a document: it nests deeper than 90/),
    ]);
    expect(outcome.report.validation.content).toBe('failed');
    expect(outcome.code).not.toBe(0);
    expect(outcome.report.tables['spans']).toMatchObject({ errors: 1 });
    await withTarget(pair, async (db) => {
      expect(await db.collection('spans').countDocuments({ 'content.lost.0': 'a\ufffdb' })).toBe(2);
      expect(await db.collection('assessments').countDocuments({ 'content.expectation.value': deep(95) })).toBe(1);
    });
  });

  test('it is told just so once more where the rows are only compared, and where nothing is compared', async () => {
    const again = await app.migrate(pair, { layout: 'mlflow', validateOnly: true });
    expect(told(again, 'content').filter((line) => line.startsWith('error'))).toHaveLength(6 + 1);
    const blind = await app.migrate(pair, { layout: 'mlflow', migration_settings: { validate: 'counts' } });
    expect(told(blind, 'copy').filter((line) => line.startsWith('error'))).toHaveLength(6 + 1);
  });
});
