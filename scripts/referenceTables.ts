import type { z } from 'zod';
import { ENVIRONMENT, EXIT_CODES } from '../src/cli/help/helpText.ts';
import { COMMANDS, OPTIONS, type OptionDescription } from '../src/cli/options/optionTable.ts';
import { SETTINGS } from '../src/config/schemas/settings.ts';
import { StartRequest } from '../src/contract/startRequest.ts';
import { ROUTES } from '../src/functions/routes.ts';

/** The pages whose tables are made from the code. */
export const REFERENCE_PAGES = ['command', 'http', 'settings'].map((name) => `docs/reference/${name}.md`);

/** The manual page, which is made as a whole (`package.json` → `man`). */
export const MAN_PAGE = 'docs/reference/mlflow-migrate.1';

/** Headings and rows of a table; cells as Markdown. */
type Table = readonly (readonly string[])[];

const code = (text: string): string => `\`${text}\``;

/** Paths and descriptions of all keys of a schema, objects taken apart. */
function keysOf(schema: z.ZodObject, prefix = ''): string[][] {
  return Object.entries(schema.shape).flatMap(([key, field]) => {
    const inner = (field as z.ZodOptional).def.innerType ?? field;
    const path = `${prefix}${key}`;
    if ('shape' in inner) return keysOf(inner as z.ZodObject, `${path}.`);
    return [[code(path), (field as z.ZodType).description ?? (inner as z.ZodType).description ?? '']];
  });
}

const TABLES: readonly Table[] = [
  [['Command', 'Does'], ...Object.entries(COMMANDS).map(([name, does]) => [code(name), does])],
  [
    ['Option', 'Meaning', 'Default'],
    ...OPTIONS.map(({ name, value, description, default: shown }: OptionDescription) => [
      code(`--${name}${value === undefined ? '' : ` ${value}`}`),
      description,
      shown ?? '',
    ]),
  ],
  [['Variable', 'Meaning'], ...ENVIRONMENT.map(([name, meaning]) => [code(name), meaning])],
  [['Code', 'Meaning'], ...EXIT_CODES.map(([name, meaning]) => [code(name), meaning])],
  [['Route', 'Does'], ...Object.values(ROUTES).map(({ method, path, does }) => [code(`${method} /api/${path}`), does])],
  [['Key', 'Meaning'], ...keysOf(StartRequest)],
  [
    ['Setting', 'Meaning', 'Default', 'Secret'],
    ...SETTINGS.map(({ name, description, default: value, secret }) => [
      code(name),
      description,
      value === null ? '' : code(value),
      secret ? 'yes' : '',
    ]),
  ],
];

function lines(table: Table): string[] {
  const [head = [], ...rows] = table.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
}

/** The page with each of its tables as the code has it now, told by the table's headings; other text is left alone. */
export function withReferenceTables(page: string): string {
  return TABLES.reduce((text, table) => {
    const [head = ''] = lines(table);
    const all = text.split('\n');
    const start = all.indexOf(head);
    if (start < 0) return text;
    const length = all.slice(start).findIndex((line) => !line.startsWith('|'));
    return all.toSpliced(start, length < 0 ? all.length : length, ...lines(table)).join('\n');
  }, page);
}
