import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BSON } from 'bson';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BsonElement, bsonElements } from '../../../src/encoding/bsonElements.ts';
import { BSON_TYPE, BsonWriter, fieldName } from '../../../src/encoding/bsonWriter.ts';
import { markedId, textId } from '../../../src/encoding/documentId.ts';
import { writeJson, writePythonJson } from '../../../src/encoding/jsonToBson.ts';
import { jsonText, readColumnValue } from '../../../src/encoding/readValue.ts';
import { millisecondsOf } from '../../../src/mlflow/layouts/plugin/back/rfc3339.ts';
import { parsePythonJson } from '../../../src/mlflow/layouts/plugin/pythonText.ts';
import { upgradedCosts, upgradedTokens } from '../../../src/mlflow/layouts/plugin/traceNumbers.ts';
import { cutText } from '../../../src/mlflow/layouts/plugin/tracePairs.ts';
import { withSpanType } from '../../../src/mlflow/layouts/plugin/withSpanType.ts';

// A text of the database may have a gigabyte, and whoever writes to MLflow chooses what stands in it: a parser that takes
// more than linear time holds the process up for hours. So each is given texts of two sizes, and the times are compared: those
// that this process has worked, as a machine with much to do lets it wait, and with a longer text for longer.

const FIELD = fieldName('v');

const TEXTS = { scalar: 'text', isArray: true, cast: '', hasCounterpart: true } as const;

/** Value of a BSON string. */
function bsonString(text: string): Buffer {
  const out = new BsonWriter(text.length + 16);
  out.string(FIELD, text.replaceAll('\0', ''));
  return out.copyFrom(1 + FIELD.length);
}

/** Writes and takes back, so that the writer does not grow from one text to the next. */
function writing(write: (out: BsonWriter, text: string) => unknown): (text: string) => unknown {
  const out = new BsonWriter();
  return (text) => {
    out.position = 0;
    out.losses.length = 0;
    return write(out, text);
  };
}

/** A refusal takes time as well. */
function attempt(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    return error;
  }
}

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  writeJson: writing((out, text) => writeJson(out, FIELD, text)),
  writePythonJson: writing((out, text) => writePythonJson(out, FIELD, text, 'v')),
  parsePythonJson,
  withSpanType,
  'millisecondsOf a fraction': (text) => attempt(() => millisecondsOf(`2026-11-28T00:00:00.${text}Z`)),
  upgradedTokens: (text) => upgradedTokens(text, new Map()),
  'upgradedTokens of a count': (text) => upgradedTokens(`{"input_tokens": ${JSON.stringify(text)}}`, new Map()),
  upgradedCosts: (text) => upgradedCosts(text, null),
  textId,
  markedId,
  cutText: (text) => cutText(text, 500),
  'jsonText of a text': (text) => jsonText(BSON_TYPE.string, bsonString(text), { isSorted: true, isAscii: true }),
  'a text of an array': (text) => {
    const array = BSON.serialize({ v: [text.replaceAll('\0', '')] });
    const [element] = bsonElements(Buffer.from(array));
    return readColumnValue(element as BsonElement, { kind: TEXTS, type: 'text' });
  },
};

/** Files with expressions that texts of the database go through; their parsers stand above. */
const WITH_EXPRESSIONS = [
  'encoding/bsonToJson.ts',
  'encoding/documentId.ts',
  'encoding/jsonParser.ts',
  'encoding/readValue.ts',
  'encoding/decimalForm.ts',
  'mlflow/layouts/plugin/pythonText.ts',
  'mlflow/layouts/plugin/traceNumbers.ts',
  'mlflow/layouts/plugin/withSpanType.ts',
  'mlflow/layouts/plugin/back/rfc3339.ts',
  // Only looks for a word.
  'mlflow/layouts/plugin/spans.ts',
  // Begins of texts only.
  'mlflow/layouts/plugin/objectIds.ts',
];
/** Their texts are names of the catalog, times and JSON of our own making, or types. */
const OF_THE_CATALOG = [
  'mlflow/schema/artifactRules.ts',
  'mlflow/schema/secretColumns.ts',
  'mlflow/layouts/targetNames.ts',
  'mlflow/layouts/tables/tableCollection.ts',
  'mlflow/layouts/tables/tableIndexes.ts',
  'mlflow/layouts/plugin/assessments.ts',
  'mlflow/layouts/plugin/back/traceFaults.ts',
];

const SIZE = 2_000;
/** Of texts that are known: large enough for slow steps that are few. */
const KNOWN_SIZE = 30_000;
const GROWTH = 8;
/** Room for caches and the collector. What is quadratic takes {@link GROWTH} times {@link GROWTH}. */
const MAX_RATIO = GROWTH * 5;

/** What this process has worked, in milliseconds. The figure of a thread alone moves by some at a time. */
function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Least work of some, in milliseconds: what disturbs only adds to it. */
function workOf(parse: (text: string) => unknown, text: string, rounds: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = workedMs();
    parse(text);
    least = Math.min(least, workedMs() - before);
  }
  return least;
}

/** How many times as long a text that is {@link GROWTH} times as long takes; looked at again, harder, while it looks bad. */
function growthOf(parse: (text: string) => unknown, textOf: (size: number) => string, size = SIZE): number {
  const [small, large] = [textOf(size), textOf(size * GROWTH)];
  let ratio = 0;
  for (const rounds of [1, 3, 6, 20, 60]) {
    const shortest = workOf(parse, small, rounds);
    ratio = workOf(parse, large, rounds) / Math.max(shortest, 0.02);
    if (ratio <= MAX_RATIO) break;
  }
  return ratio;
}

const PIECES = [
  ...['"', '\\"', '\\', '\\\\"', '\\u0041', '\\ud83e', '{', '}', '[', ']', ',', ':', ' ', '\n', '\0', '%', '#', '/'],
  ...[
    '0',
    '1',
    '9',
    '.',
    '-',
    '+',
    'e',
    'e9',
    'NaN',
    'Infinity',
    '-Infinity',
    'null',
    'true',
    'a',
    'é',
    '🤷',
    '\ud83e',
  ],
  ...[
    '"a"',
    '"a":1,',
    '"a": {"b": [1, {}]}, ',
    '"mlflow.spanType": 1, ',
    '"attributes": {}, ',
    '"input_tokens": 7, ',
    '#_',
  ],
];
const PREFIXES = [
  ...['', '"', '{', '[', '[NaN, "', '{"a": ', '1', '[1', '[0.', '[1.', '-', ' ', '#', '[NaN, '],
  ...['{"attributes": {"gen_ai.operation.name": "chat", ', '{"input_tokens": "', '{"input_tokens": 1'],
];
const SUFFIXES = ['', 'x', '"', '"]', '}', '}}', ']', '1', '1]', '1}', '"}}', ' x', '"a": 1}}', 'NaN'];

const repeated = (prefix: string, unit: string, suffix: string) => (size: number) =>
  `${prefix}${unit.repeat(Math.ceil(size / unit.length))}${suffix}`;

test.each(Object.entries(PARSERS))('%s takes no more than linear time, whatever the text', (_name, parse) => {
  const units = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(''));
  const texts = fc.tuple(fc.constantFrom(...PREFIXES), units, fc.constantFrom(...SUFFIXES));
  fc.assert(
    fc.property(texts, ([prefix, unit, suffix]) => growthOf(parse, repeated(prefix, unit, suffix)) <= MAX_RATIO),
    { numRuns: 400, seed: 16, endOnFailure: true },
  );
});

/** Texts that took quadratic time once, or more than the stack. */
const KNOWN: readonly (readonly [string, (size: number) => string])[] = [
  ['quotes outside of strings', repeated('', '\\"', '')],
  ['escapes in a string beside a token of Python', repeated('[NaN, "', '\\n', '"]')],
  ['digits that are no number', repeated('', '1', 'x')],
  ['an integer', repeated('[1', '7', ']')],
  ['zeros within a number', repeated('[0.1', '0', '1]')],
  ['one key again and again', repeated('{', '"a":1,', '"a":1}')],
  [
    'all keys again in their order',
    (size) => {
      const members = Array.from({ length: size / 30 }, (_, index) => `"key ${index}":1`).join();
      return `{${members},${members}}`;
    },
  ],
  [
    'an attribute again and again',
    repeated('{"attributes": {"gen_ai.operation.name": "chat"', ', "mlflow.spanType": ["a"]', '}}'),
  ],
];

test.each(KNOWN)('%s', (_name, textOf) => {
  for (const [name, parse] of Object.entries(PARSERS)) {
    expect(growthOf(parse, textOf, KNOWN_SIZE), name).toBeLessThanOrEqual(MAX_RATIO);
  }
});

test.each(KNOWN)('%s, some megabytes of it, are read without a stack overflow', (_name, textOf) => {
  const text = textOf(4_000_000);
  for (const parse of Object.values(PARSERS)) parse(text);
});

test('every file that looks into texts with an expression is listed', () => {
  const root = join(import.meta.dirname, '../../../src');
  const files = ['encoding', 'mlflow'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((file) => `${room}/${file}`),
  );
  const found = files.filter((file) => {
    if (!file.endsWith('.ts')) return false;
    return /\.(?:exec|test|match|matchAll|replace|replaceAll)\(|\.split\(\//.test(
      readFileSync(join(root, file), 'utf8'),
    );
  });
  expect(found.sort()).toEqual([...WITH_EXPRESSIONS, ...OF_THE_CATALOG].sort());
});
