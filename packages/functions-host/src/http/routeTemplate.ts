/** What `{name:constraint}` accepts; the constraints of ASP.NET routes that a text decides. */
const CONSTRAINTS: Readonly<Record<string, RegExp>> = {
  /** The way to a function at the root, as the host takes an empty route for none. */
  'maxlength(0)': /^$/,
  int: /^-?\d+$/,
  long: /^-?\d+$/,
  float: /^-?\d+(\.\d+)?$/,
  double: /^-?\d+(\.\d+)?$/,
  decimal: /^-?\d+(\.\d+)?$/,
  bool: /^(true|false)$/i,
  guid: /^\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i,
  alpha: /^[a-z]*$/i,
};

type Part =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'parameter';
      readonly name: string;
      readonly isOptional: boolean;
      readonly pattern: RegExp | undefined;
    }
  | { readonly kind: 'rest'; readonly name: string };

/** A route such as `runs/{id:int}/{format?}` or `files/{*path}`, ready to be matched. */
export interface RouteTemplate {
  /** Sorts templates: the more specific one first. */
  readonly rank: string;
  /** The route parameters of a path (without leading slash), or undefined if it does not match. Absent optional ones are left out. */
  match(path: string): Record<string, string> | undefined;
}

/** Compiles a route template; throws for one that this host cannot read. */
export function compileRoute(template: string): RouteTemplate {
  const parts = split(template).map(compilePart);
  return {
    rank: parts.map((part) => rankOf(part)).join(''),
    match: (path) => matchParts(parts, split(path)),
  };
}

function split(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function compilePart(text: string): Part {
  if (!text.startsWith('{') || !text.endsWith('}')) {
    if (/[{}]/.test(text)) throw new Error(`Unsupported route segment "${text}"`);
    return { kind: 'literal', text: text.toLowerCase() };
  }
  const inner = text.slice(1, -1);
  if (inner.startsWith('*')) return { kind: 'rest', name: inner.replace(/^\*+/, '') };
  const isOptional = inner.endsWith('?');
  const [name = '', constraint, ...more] = inner.replace(/\?$/, '').split(':');
  const pattern = constraint === undefined ? undefined : CONSTRAINTS[constraint];
  if (name === '' || name.includes('=') || more.length > 0 || (constraint !== undefined && pattern === undefined)) {
    throw new Error(`Unsupported route segment "${text}"`);
  }
  return { kind: 'parameter', name, isOptional, pattern };
}

function rankOf(part: Part): string {
  if (part.kind === 'literal') return '0';
  if (part.kind === 'rest') return '4';
  if (part.isOptional) return '3';
  return part.pattern === undefined ? '2' : '1';
}

function matchParts(parts: readonly Part[], segments: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'rest') {
      const rest = segments.slice(index).map(decode);
      if (rest.length > 0) parameters[part.name] = rest.join('/');
      return parameters;
    }
    const segment = segments[index];
    if (segment === undefined) {
      if (part.kind === 'parameter' && part.isOptional) continue;
      return undefined;
    }
    const text = decode(segment);
    if (part.kind === 'literal') {
      if (text.toLowerCase() !== part.text) return undefined;
    } else {
      if (part.pattern?.test(text) === false) return undefined;
      parameters[part.name] = text;
    }
  }
  return segments.length > parts.length ? undefined : parameters;
}

/** What no character can be read from stays as it is: the Functions host leaves it to the function. */
function decode(segment: string): string {
  return segment.replace(/(?:%[\da-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}
