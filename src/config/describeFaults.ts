import { z } from 'zod';
import { didYouMean } from '../didYouMean.ts';
import { redact } from './redact.ts';

interface JsonSchemaNode {
  readonly properties?: Readonly<Record<string, JsonSchemaNode>>;
  readonly additionalProperties?: JsonSchemaNode | boolean;
  readonly items?: JsonSchemaNode;
  readonly anyOf?: readonly JsonSchemaNode[];
}

function childrenOf(node: JsonSchemaNode, step: PropertyKey): JsonSchemaNode[] {
  const found: JsonSchemaNode[] = [];
  if (typeof step === 'number') {
    if (node.items !== undefined) found.push(node.items);
  } else {
    const property = node.properties?.[String(step)];
    if (property !== undefined) found.push(property);
    if (typeof node.additionalProperties === 'object') found.push(node.additionalProperties);
  }
  for (const option of node.anyOf ?? []) found.push(...childrenOf(option, step));
  return found;
}

function keysOf(node: JsonSchemaNode): string[] {
  return [...Object.keys(node.properties ?? {}), ...(node.anyOf ?? []).flatMap((option) => keysOf(option))];
}

/** Every key of the schema as a dotted path, for a key that was written at the wrong level. */
function allPaths(node: JsonSchemaNode, prefix: string): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => [
    `${prefix}${key}`,
    ...allPaths(child, `${prefix}${key}.`),
  ]);
}

/** A path as people write it: `tables[2]`, `migration_settings.batch_size`. Long keys are cut, and what looks like a URI is not shown. */
export function showPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      const text = String(step);
      const safe = text.includes('://') ? '(a URI)' : redact(text).slice(0, 64);
      return index === 0 ? safe : `.${safe}`;
    })
    .join('');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[step];
  }
  return current;
}

function showType(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return 'one beyond 1.7e308';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a number';
  return typeof value === 'boolean' ? 'true or false' : `a ${typeof value}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  record: 'an object',
};

/** How zod begins the messages that a schema did not write itself. */
const ZODS_OWN = /^(?:Invalid|Too small|Too big|Unrecognized)/;

function showIssue(issue: z.core.$ZodIssue, input: unknown): string {
  if (!ZODS_OWN.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type': {
      const got = valueAt(input, issue.path);
      if (got === undefined) return 'is missing';
      return `must be ${EXPECTED[issue.expected] ?? issue.expected}, not ${showType(got)}`;
    }
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      if (issue.origin === 'string') return 'must not be empty';
      if (issue.origin === 'array') return `must hold at least ${issue.minimum} item`;
      return `must be at least ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'string') return `must not be longer than ${issue.maximum} characters`;
      if (issue.origin === 'array') return `must not hold more than ${issue.maximum} items`;
      return `must be at most ${issue.maximum}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_union':
    case 'unrecognized_keys':
      return issue.message;
  }
}

/**
 * All faults that zod found, one sentence each, with the path of the key and, for unknown keys, what was probably meant.
 * Values are never shown, only their types. A schema whose own message should be shown sets `error` on a union or a pattern.
 */
export function describeFaults(issues: readonly z.core.$ZodIssue[], schema: z.ZodType, input: unknown): string[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchemaNode;
  const known = allPaths(root, '');
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') {
      const where = issue.path.length === 0 ? 'The document' : showPath(issue.path);
      return [`${where} ${showIssue(issue, input)}`];
    }
    let nodes = [root];
    for (const step of issue.path) nodes = nodes.flatMap((node) => childrenOf(node, step));
    return issue.keys.map((key) => {
      const sibling = didYouMean(
        key,
        nodes.flatMap((node) => keysOf(node)),
      );
      const elsewhere = known.find((path) => path.slice(path.lastIndexOf('.') + 1) === key);
      const meant = sibling === null ? elsewhere : showPath([...issue.path, sibling]);
      const suggestion = meant === undefined ? '' : `; did you mean ${meant}?`;
      return `Unknown key ${showPath([...issue.path, key])}${suggestion}`;
    });
  });
}
