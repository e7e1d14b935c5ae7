import type { HttpRequest } from '@azure/functions';
import { parseJsonStrictly } from '../config/parseJsonStrictly.ts';
import { MigrationError } from '../errors.ts';
import { readBody } from './readBody.ts';

/** Refuses a body that says something, for a route that reads none. Clients that always send one send `{}` or `null`. */
export async function refuseBody(request: HttpRequest): Promise<void> {
  const text = await readBody(request);
  if (text.trim() === '') return;
  const body = parseJsonStrictly(text, 'The request body');
  if (body === null) return;
  const isObject = typeof body === 'object' && !Array.isArray(body);
  const [key] = isObject ? Object.keys(body) : [];
  if (isObject && key === undefined) return;
  const shown = key !== undefined && /^[A-Za-z0-9_.-]{1,40}$/.test(key) ? ` ${key}` : '';
  const fault = isObject ? `the key${shown}, which nothing reads` : 'a value that nothing reads';
  throw new MigrationError('usage', `The request body has ${fault}: nothing was done`, {
    hint: 'Leave it out: this route takes none',
  });
}
