import type { TypedData } from './coreTypes.ts';

/**
 * A value as JSON text in the form in which it crosses the Functions host; undefined for what JSON knows nothing of. Half a
 * surrogate pair becomes U+FFFD there.
 */
export function wireText(value: unknown): string | undefined {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : wellFormedJson(text);
}

/** JSON text in which escapes of half a surrogate pair are U+FFFD. */
export function wellFormedJson(text: string): string {
  if (!text.includes('\\u')) return text.toWellFormed();
  // Pairs of backslashes are passed over: what follows them is no escape.
  const halves = /\\\\|(?:\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2})|\\u[dD][89a-fA-F][\da-fA-F]{2}/g;
  return text.replace(halves, (found) => (found.length === 6 ? '\ufffd' : found)).toWellFormed();
}

/**
 * The text that an activity gets for a value: strings (JSON text already, as the SDK sends them) as they are; objects as JSON;
 * null where there is no value, for JSON's null too; everything else as .NET writes it, bare: dates, `True`, `1E+21`.
 */
export function activityInput(input: unknown): string | null {
  if (typeof input === 'string') return wellFormedJson(input);
  const text = wireText(input);
  if (text === undefined || text === 'null') return null;
  if (text.startsWith('"')) return JSON.parse(text) as string;
  if (text === 'true' || text === 'false') return text === 'true' ? 'True' : 'False';
  if (/^[-\d]/.test(text))
    return text.replace(/e([-+])(\d+)$/, (_, sign, digits) => `E${sign}${digits.padStart(2, '0')}`);
  return escapedLines(withoutType(text));
}

/** An orchestration's output as JSON text. */
export function writtenOutput(output: unknown): string {
  return withoutType(wireText(output) ?? 'null');
}

/** What a function returned, as the JSON text that stands in the history; null for nothing. */
export function resultText(data: TypedData | null | undefined): string | null {
  if (data?.json !== undefined) return escapedLines(wellFormedJson(data.json));
  if (data?.string !== undefined) return escapedLines(wireText(data.string) ?? '""');
  if (data?.bytes !== undefined) return JSON.stringify(Buffer.from(data.bytes).toString('base64'));
  const number = data?.int ?? data?.double;
  return number === undefined ? null : JSON.stringify(number);
}

/** Newtonsoft.Json, by which the extension reads these values, takes a first key `$type` for its own and drops it. */
function withoutType(text: string): string {
  if (!text.startsWith('{"$type":')) return text;
  const { $type: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify(rest);
}

/** It also escapes these ends of lines, which JSON need not. */
function escapedLines(text: string): string {
  return text.replace(/[\u0085\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
