import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, normalize } from 'node:path';

/** A node of the parser's tree: the part of web-tree-sitter's interface that is read here. */
export interface SyntaxNode {
  readonly type: string;
  readonly text: string;
  readonly hasError: boolean;
  readonly startPosition: { readonly row: number };
  readonly namedChildren: readonly SyntaxNode[];
}

interface Parser {
  setLanguage(language: unknown): void;
  parse(text: string): { readonly rootNode: SyntaxNode };
}

interface TreeSitter {
  readonly Parser: { new (): Parser; init(): Promise<void> };
  readonly Language: { load(path: string): Promise<unknown> };
}

/** One `resource`. `body` is the object behind conditions and loops. */
export interface Resource {
  readonly symbol: string;
  readonly type: string;
  readonly apiVersion: string;
  readonly isExisting: boolean;
  readonly isConditional: boolean;
  readonly body: SyntaxNode;
  readonly line: number;
}

/** One `module` with the path of its file from the root, and its arguments. */
export interface Module {
  readonly symbol: string;
  readonly path: string;
  readonly isConditional: boolean;
  readonly body: SyntaxNode;
  readonly line: number;
}

export interface Parameter {
  readonly name: string;
  readonly type: string;
  /** Arguments of each decorator by its name, such as `maxLength` → `24`. */
  readonly decorators: ReadonlyMap<string, string>;
  readonly default: SyntaxNode | null;
}

/** One file, taken apart. */
export interface BicepFile {
  /** From the root of the files that were read, such as `app/vault.bicep`. */
  readonly path: string;
  readonly root: SyntaxNode;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly variables: ReadonlyMap<string, SyntaxNode>;
  readonly resources: readonly Resource[];
  readonly modules: readonly Module[];
  readonly outputs: readonly { readonly name: string; readonly value: SyntaxNode }[];
}

/** Every node below one, itself included. */
export function* walk(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (const child of node.namedChildren) yield* walk(child);
}

/** The text of a string without interpolations, or null. */
export function literal(node: SyntaxNode | undefined): string | null {
  if (node?.type !== 'string' || node.namedChildren.some(({ type }) => type !== 'string_content')) return null;
  return node.namedChildren.map(({ text }) => text).join('');
}

/** The value at a path of keys in an object. */
export function propertyAt(object: SyntaxNode, ...path: readonly string[]): SyntaxNode | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  for (const property of object.namedChildren) {
    if (property.type !== 'object_property') continue;
    const [name, value] = property.namedChildren.filter(({ type }) => type !== 'comment');
    if (name === undefined || value === undefined) continue;
    if ((literal(name) ?? name.text) === key) return propertyAt(value, ...rest);
  }
  return undefined;
}

const require = createRequire(import.meta.url);
let ready: Promise<Parser> | undefined;

/** The Bicep grammar in WebAssembly: runs wherever Node does. */
async function makeParser(): Promise<Parser> {
  const { Parser: Class, Language } = require('web-tree-sitter') as TreeSitter;
  await Class.init();
  const parser = new Class();
  parser.setLanguage(await Language.load(require.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm')));
  return parser;
}

/** Takes one file apart. Faulty syntax shows as ERROR nodes in `root`. */
export async function parseBicep(path: string, text: string): Promise<BicepFile> {
  ready ??= makeParser();
  const { rootNode: root } = (await ready).parse(text);
  const file = {
    path,
    root,
    parameters: new Map<string, Parameter>(),
    variables: new Map<string, SyntaxNode>(),
    resources: [] as Resource[],
    modules: [] as Module[],
    outputs: [] as { name: string; value: SyntaxNode }[],
  };
  let decorators: readonly SyntaxNode[] = [];
  for (const node of root.namedChildren) {
    if (node.type === 'decorators') decorators = node.namedChildren;
    else if (node.type !== 'comment') {
      declare(file, node, decorators);
      decorators = [];
    }
  }
  return file;
}

interface OpenFile {
  readonly path: string;
  readonly parameters: Map<string, Parameter>;
  readonly variables: Map<string, SyntaxNode>;
  readonly resources: Resource[];
  readonly modules: Module[];
  readonly outputs: { name: string; value: SyntaxNode }[];
}

function declare(file: OpenFile, node: SyntaxNode, decorators: readonly SyntaxNode[]): void {
  const [name, ...others] = node.namedChildren.filter(({ type }) => type !== 'comment');
  if (name === undefined) return;
  const last = others.at(-1);
  const place = { symbol: name.text, line: node.startPosition.row + 1 };
  if (node.type === 'parameter_declaration') {
    const [type, value] = others;
    file.parameters.set(name.text, {
      name: name.text,
      type: type?.text ?? '',
      decorators: new Map(decorators.map(readDecorator)),
      default: value ?? null,
    });
  } else if (node.type === 'variable_declaration' && last !== undefined) file.variables.set(name.text, last);
  else if (node.type === 'output_declaration' && last !== undefined)
    file.outputs.push({ name: name.text, value: last });
  else if (node.type === 'resource_declaration' || node.type === 'module_declaration') {
    const target = literal(others[0]) ?? '';
    const { body, isConditional } = unwrap(last);
    if (body === undefined) return;
    if (node.type === 'module_declaration') {
      file.modules.push({ ...place, path: normalize(join(dirname(file.path), target)), isConditional, body });
      return;
    }
    const [type = '', apiVersion = ''] = target.split('@');
    const isExisting = /^resource\s+\S+\s+'[^']*'\s+existing\b/.test(node.text);
    file.resources.push({ ...place, type, apiVersion, isExisting, isConditional, body });
  }
}

function readDecorator(node: SyntaxNode): [string, string] {
  const match = /^@(?:sys\.)?(\w+)\(([\s\S]*)\)$/.exec(node.text.trim());
  return [match?.[1] ?? node.text, match?.[2] ?? ''];
}

/** The object inside of `if (…) {…}` and `[for … : …]`. */
function unwrap(node: SyntaxNode | undefined): { body: SyntaxNode | undefined; isConditional: boolean } {
  let body = node;
  let isConditional = false;
  while (body !== undefined && body.type !== 'object') {
    if (body.type === 'if_statement') isConditional = true;
    body = body.namedChildren.filter(({ type }) => type !== 'comment').at(-1);
  }
  return { body, isConditional };
}

/** Every `.bicep` file below a directory. */
export async function readBicepFiles(directory: string): Promise<BicepFile[]> {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.bicep'));
  return Promise.all(paths.toSorted().map((path) => parseBicep(path, readFileSync(join(directory, path), 'utf8'))));
}
