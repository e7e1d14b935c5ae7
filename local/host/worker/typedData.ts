import type { TypedData } from './coreTypes.ts';

/** A value on its way to an activity: strings (JSON text already, as the SDK sends them) as they are, everything else encoded. */
export function activityInput(input: unknown): string | null {
  if (input === undefined) return null;
  return typeof input === 'string' ? input : JSON.stringify(input);
}

/** What a function returned, as the JSON text that stands in the history. */
export function toJsonText(data: TypedData | null | undefined): string {
  if (data === null || data === undefined) return 'null';
  if (data.json !== undefined) return data.json;
  if (data.string !== undefined) return JSON.stringify(data.string);
  if (data.bytes !== undefined) return JSON.stringify(Buffer.from(data.bytes).toString('base64'));
  return JSON.stringify(data.int ?? data.double ?? null);
}
