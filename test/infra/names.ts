import { type BicepFile, propertyAt, type SyntaxNode } from './bicep.ts';

/** Everything that is needed to follow a name through modules and variables. */
export interface Infrastructure {
  readonly files: readonly BicepFile[];
  /** Content of the files that `loadJsonContent` reads, by the path in the call. */
  readonly json: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The longest text that an expression can give, and the fixed texts in it. */
export interface Extent {
  readonly length: number;
  readonly literals: readonly string[];
}

/** Lengths of what Azure Resource Manager computes. */
const FIXED: Readonly<Record<string, number>> = { uniqueString: 13, guid: 36 };

const combine = (parts: readonly (Extent | null)[], join: (lengths: number[]) => number): Extent | null => {
  const known = parts.filter((part) => part !== null);
  if (known.length < parts.length || known.length === 0) return null;
  return { length: join(known.map(({ length }) => length)), literals: known.flatMap(({ literals }) => literals) };
};

const sum = (lengths: number[]): number => lengths.reduce((total, length) => total + length, 0);
const most = (lengths: number[]): number => Math.max(...lengths);

/** How long the text of an expression gets at most, or null when nothing bounds it. */
export function extentOf(node: SyntaxNode, file: BicepFile, all: Infrastructure): Extent | null {
  const of = (child: SyntaxNode): Extent | null => extentOf(child, file, all);
  const children = node.namedChildren.filter(({ type }) => type !== 'comment');
  switch (node.type) {
    case 'string':
      return children.length === 0 ? { length: 0, literals: [] } : combine(children.map(of), sum);
    case 'string_content':
      return { length: node.text.length, literals: [node.text] };
    case 'interpolation':
    case 'parenthesized_expression':
      return children.length === 1 && children[0] !== undefined ? of(children[0]) : null;
    case 'number':
    case 'integer':
      return { length: node.text.length, literals: [node.text] };
    case 'ternary_expression':
      return combine(children.slice(-2).map(of), most);
    case 'call_expression':
      return callExtent(node, file, all);
    case 'member_expression':
      return memberExtent(node, file, all);
    case 'identifier':
      return identifierExtent(node.text, file, all);
    default:
      return null;
  }
}

function callExtent(node: SyntaxNode, file: BicepFile, all: Infrastructure): Extent | null {
  const [name, list] = node.namedChildren;
  const [first, second] = list?.namedChildren ?? [];
  const fixed = FIXED[name?.text ?? ''];
  if (fixed !== undefined) return { length: fixed, literals: [] };
  if (first === undefined) return null;
  if (name?.text === 'toLower' || name?.text === 'toUpper') return extentOf(first, file, all);
  if (name?.text !== 'take') return null;
  const limit = Number(second?.text);
  const inner = extentOf(first, file, all);
  return Number.isInteger(limit)
    ? { length: Math.min(limit, inner?.length ?? limit), literals: inner?.literals ?? [] }
    : null;
}

/** Only `abbreviations.x`, a member of a JSON file. */
function memberExtent(node: SyntaxNode, file: BicepFile, all: Infrastructure): Extent | null {
  const [object, member] = node.namedChildren;
  const source = /^loadJsonContent\(\s*'([^']+)'\s*\)$/.exec(file.variables.get(object?.text ?? '')?.text ?? '')?.[1];
  const value = source === undefined ? undefined : all.json[source]?.[member?.text ?? ''];
  return value === undefined ? null : { length: value.length, literals: [value] };
}

function identifierExtent(name: string, file: BicepFile, all: Infrastructure): Extent | null {
  const variable = file.variables.get(name);
  if (variable !== undefined) return extentOf(variable, file, all);
  // The running number of a loop: nothing here has more than thousands.
  if (new RegExp(`\\bfor \\(\\s*\\w+\\s*,\\s*${name}\\s*\\)`).test(file.root.text)) return { length: 4, literals: [] };
  const parameter = file.parameters.get(name);
  if (parameter === undefined) return null;
  const given = all.files.flatMap((caller) =>
    caller.modules
      .filter(({ path }) => path === file.path)
      .map(({ body }) => {
        const value = propertyAt(body, 'params', name);
        return value === undefined ? null : extentOf(value, caller, all);
      }),
  );
  const called = given.length > 0 ? combine(given, most) : null;
  if (called !== null) return called;
  const limit = Number(parameter.decorators.get('maxLength') ?? Number.NaN);
  if (Number.isInteger(limit)) return { length: limit, literals: [] };
  const allowed = [...(parameter.decorators.get('allowed') ?? '').matchAll(/'([^']*)'/g)].map(([, text]) => text ?? '');
  return allowed.length === 0 ? null : { length: most(allowed.map(({ length }) => length)), literals: allowed };
}
