import { BSON_TYPE, type BsonWriter, type FieldName, fieldName, indexName } from './bsonWriter.ts';
import { decimalForm } from './decimalForm.ts';
import { INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, MAX_INT64_CHARACTERS } from './integerLimits.ts';
import { ObjectFields } from './objectFields.ts';
import type { ValueLoss } from './valueLoss.ts';

/** Nesting that every target takes: MongoDB refuses documents deeper than 100 levels, and the value stands in one. */
export const MAX_DEPTH = 90;

/** As bigints, since comparing them with numbers is slower. */
const LEAST_INT32 = BigInt(INT32_MIN);
const MOST_INT32 = BigInt(INT32_MAX);

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Everything from the space on but the quote and the backslash. */
const PLAIN_TEXT = /[ !#-[\]-\u{10ffff}]*/uy;
const SPACE = /[ \t\n\r]*/y;

/** Losses that one text may list. */
const MAX_NOTED_LOSSES = 10;
/** Keys of JSON may be of any length. */
const MAX_FIELD_CHARACTERS = 200;

/** Why a JSON text was not written. `syntax`: it is none; otherwise BSON has no place for what it says. */
export type JsonRefusal = 'syntax' | 'too deep' | 'zero byte in a key';

/** Thrown inside the parser, caught by whoever writes the value: the text does not parse or would not come back the same. */
export class NotRepresentable extends Error {
  readonly refusal: JsonRefusal;

  constructor(refusal: JsonRefusal = 'syntax') {
    super(refusal);
    this.refusal = refusal;
  }
}

const PYTHON_WORDS: readonly (readonly [string, number])[] = [
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];

/** Python's reading of JSON, and where it books what cannot be held so. */
interface PythonReading {
  readonly field: string;
  readonly losses: ValueLoss[];
}

/** Reads one JSON text and writes it as BSON while it reads: no JavaScript value stands in between, so numbers keep their type. */
export class JsonParser {
  #at = 0;
  readonly #out: BsonWriter;
  readonly #text: string;
  /** Null where every value must come back as it was written. */
  readonly #python: PythonReading | null;
  /** Keys and positions that lead to the value that is being read. */
  readonly #path: (string | number)[] = [];

  constructor(out: BsonWriter, text: string, python: PythonReading | null = null) {
    this.#out = out;
    this.#text = text;
    this.#python = python;
  }

  topLevel(name: FieldName): void {
    this.#space();
    const first = this.#text[this.#at];
    if (first !== '{' && first !== '[') throw new NotRepresentable();
    this.anyValue(name);
  }

  anyValue(name: FieldName): void {
    this.#space();
    this.#value(name, 0);
    this.#space();
    if (this.#at !== this.#text.length) throw new NotRepresentable();
  }

  #value(name: FieldName, depth: number): void {
    if (depth > MAX_DEPTH) throw new NotRepresentable('too deep');
    switch (this.#text.charAt(this.#at)) {
      case '{':
        this.#object(name, depth);
        break;
      case '[':
        this.#array(name, depth);
        break;
      case '"':
        this.#out.string(name, this.#string('a text'));
        break;
      case 't':
        this.#word('true');
        this.#out.bool(name, true);
        break;
      case 'f':
        this.#word('false');
        this.#out.bool(name, false);
        break;
      case 'n':
        this.#word('null');
        this.#out.null(name);
        break;
      default:
        this.#number(name);
    }
  }

  #object(name: FieldName, depth: number): void {
    const start = this.#out.beginField(BSON_TYPE.document, name);
    const fields = new ObjectFields();
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      this.#out.end(start);
      return;
    }
    do {
      if (this.#text[this.#at] !== '"') throw new NotRepresentable();
      const key = this.#string('a key');
      if (key.includes('\0')) throw new NotRepresentable('zero byte in a key');
      this.#path.push(key);
      if (fields.add(key, this.#out.position)) {
        this.#lose(
          'note',
          'a key appears twice in an object: the last value is kept, which is the one that MLflow reads',
        );
      }
      this.#space();
      this.#expect(':');
      this.#space();
      this.#value(fieldName(key), depth + 1);
      this.#path.pop();
    } while (this.#hasAnother('}'));
    fields.dropReplaced(this.#out);
    this.#out.end(start);
  }

  #array(name: FieldName, depth: number): void {
    const start = this.#out.beginField(BSON_TYPE.array, name);
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      this.#out.end(start);
      return;
    }
    let index = 0;
    do {
      this.#path.push(index);
      this.#value(indexName(index++), depth + 1);
      this.#path.pop();
    } while (this.#hasAnother(']'));
    this.#out.end(start);
  }

  /** Goes past the comma to the next member, or past what closes the object or array. */
  #hasAnother(closing: '}' | ']'): boolean {
    this.#space();
    if (this.#text[this.#at] !== ',') {
      this.#expect(closing);
      return false;
    }
    this.#at++;
    this.#space();
    return true;
  }

  /** The text of a string; `what` it is, for the message of a loss. */
  #string(what: string): string {
    this.#at++;
    let result = '';
    for (;;) {
      PLAIN_TEXT.lastIndex = this.#at;
      const plain = PLAIN_TEXT.exec(this.#text)?.[0] ?? '';
      result += plain;
      this.#at += plain.length;
      const stop = this.#text[this.#at];
      if (stop === '"') {
        this.#at++;
        break;
      }
      if (stop !== '\\') throw new NotRepresentable();
      result += this.#escape();
    }
    if (result.isWellFormed()) return result;
    this.#lose('error', `${what} has half a surrogate pair, which BSON cannot hold: U+FFFD stands in its place`);
    return result.toWellFormed();
  }

  #escape(): string {
    const letter = this.#text.charAt(this.#at + 1);
    this.#at += 2;
    switch (letter) {
      case '"':
      case '\\':
      case '/':
        return letter;
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'u': {
        const digits = this.#text.slice(this.#at, this.#at + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new NotRepresentable();
        this.#at += 4;
        return String.fromCharCode(Number.parseInt(digits, 16));
      }
      default:
        throw new NotRepresentable();
    }
  }

  #number(name: FieldName): void {
    const mayBeWord = this.#python !== null && !/[0-9]/.test(this.#text[this.#at] ?? '');
    const word = mayBeWord ? PYTHON_WORDS.find(([token]) => this.#text.startsWith(token, this.#at)) : undefined;
    if (word !== undefined) {
      this.#at += word[0].length;
      this.#out.double(name, word[1]);
      return;
    }
    NUMBER.lastIndex = this.#at;
    const literal = NUMBER.exec(this.#text)?.[0];
    if (literal === undefined) throw new NotRepresentable();
    this.#at += literal.length;
    if (/^-?[0-9]+$/.test(literal) && (this.#python !== null || literal !== '-0')) {
      // Reading a long literal as a bigint takes more than linear time.
      if (literal.length > MAX_INT64_CHARACTERS) {
        this.#largeInteger(name, literal);
        return;
      }
      const value = BigInt(literal);
      if (value >= LEAST_INT32 && value <= MOST_INT32) this.#out.int32(name, Number(value));
      else if (value >= INT64_MIN && value <= INT64_MAX) this.#out.int64(name, value);
      else this.#largeInteger(name, literal);
      return;
    }
    const value = Number(literal);
    if (this.#python !== null) {
      this.#out.double(name, value);
      return;
    }
    if (!Number.isFinite(value) || decimalForm(literal) !== decimalForm(String(value))) throw new NotRepresentable();
    this.#out.double(name, value);
  }

  #largeInteger(name: FieldName, literal: string): void {
    const nearest = Number(literal);
    const stands = Number.isFinite(nearest) ? 'the nearest double' : 'an infinite double';
    this.#lose('error', `an integer is beyond 64 bits, which BSON cannot hold: ${stands} stands in its place`);
    this.#out.double(name, nearest);
  }

  /** Books what the value that is being read loses. Where nothing may be lost, the text must stay as it is. */
  #lose(severity: ValueLoss['severity'], message: string): void {
    if (this.#python === null) throw new NotRepresentable();
    const { field, losses } = this.#python;
    const isFirstError = severity === 'error' && !losses.some((loss) => loss.severity === 'error');
    if (losses.length >= MAX_NOTED_LOSSES && !isFirstError) return;
    losses.push({ severity, field: [field, ...this.#path].join('.').slice(0, MAX_FIELD_CHARACTERS), message });
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw new NotRepresentable();
    this.#at += word.length;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw new NotRepresentable();
    this.#at++;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
  }
}
