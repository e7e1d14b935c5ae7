import type { ConfigFile } from '../../config/schemas/configFile.ts';
import { DEFAULT_LAYOUT, LAYOUT_NAMES, type LayoutName, WORKSPACE_LAYOUTS } from '../../contract/layoutName.ts';
import { MigrationError } from '../../errors.ts';
import { layoutLines } from '../../report/layoutGuide.ts';
import type { CommandContext } from '../commandContext.ts';
import { askFor } from '../display/ask.ts';
import type { CommandOptions } from '../options/readOptions.ts';
import { placeOf, readRecord } from '../place/stateDirectory.ts';
import { planRun } from '../plan/planRun.ts';

/** The layout of the last run between these ends, or of that name; null where there was none. */
async function lastLayout({ options, env }: CommandContext, config: ConfigFile): Promise<LayoutName | null> {
  if (options.url !== null) return null;
  for (const layout of LAYOUT_NAMES) {
    // Where no name is given, it follows from the layout too.
    const { baseName } = planRun({ ...options, layout }, config, env);
    const record = baseName === null ? null : await readRecord(placeOf(options.stateDirectory, baseName));
    const known = LAYOUT_NAMES.find((name) => name === record?.layout);
    if (known !== undefined) return known;
  }
  return null;
}

/** What somebody typed: a number, a name, or nothing for the default. */
function readLayout(answer: string): LayoutName {
  const found = answer === '' ? DEFAULT_LAYOUT : (LAYOUT_NAMES[Number(answer) - 1] ?? answer);
  const layout = LAYOUT_NAMES.find((name) => name === found);
  if (layout !== undefined) return layout;
  const numbers = LAYOUT_NAMES.map((_name, index) => index + 1).join(' or ');
  throw new MigrationError('usage', `Answer ${numbers}, or ${LAYOUT_NAMES.join(' or ')}`);
}

/** Asks which layout, with who reads each, on which targets, and how far it is tested. Only to be called when somebody can be asked. */
export async function askForLayout({ output, signal }: Pick<CommandContext, 'output' | 'signal'>): Promise<LayoutName> {
  output.error('Which layout? It decides who can read the target.');
  for (const [index, layout] of LAYOUT_NAMES.entries()) {
    const [first = '', ...others] = layoutLines(layout);
    for (const line of [`${index + 1}  ${first}`, ...others.map((one) => `   ${one.trim()}`)])
      output.error(`  ${line}`);
  }
  return await askFor(`Layout [${LAYOUT_NAMES.indexOf(DEFAULT_LAYOUT) + 1}]:`, output, signal, readLayout);
}

/** Is somebody to be asked for the layout, where no earlier run tells it? */
function isOpen({ options, output }: CommandContext, config: ConfigFile): boolean {
  const isDecided = options.layout !== null || config.layout !== undefined;
  return !isDecided && !options.isYes && options.command === 'migrate' && output.canAsk;
}

/** The options with the layout that somebody would be asked for, where what else is asked for leaves one alone: a workspace does. */
export function withOnlyLayout(context: CommandContext, config: ConfigFile): CommandOptions {
  const { options } = context;
  const workspace = options.workspace ?? config.workspace;
  if (workspace === undefined || !isOpen(context, config)) return options;
  return WORKSPACE_LAYOUTS.length === 1 ? { ...options, layout: WORKSPACE_LAYOUTS[0] ?? null } : options;
}

/**
 * The options with a layout where nothing has decided on one: it is that of the last run, or asked for where somebody is there
 * to be asked. Without a terminal, and with --yes, it stays the default.
 */
export async function withLayout(context: CommandContext, config: ConfigFile): Promise<CommandOptions> {
  const { options, output } = context;
  if (!isOpen(context, config)) return options;
  const only = withOnlyLayout(context, config);
  if (only.layout !== null) {
    output.note(`Layout ${only.layout}: no other carries one workspace alone`);
    return only;
  }
  const last = await lastLayout(context, config);
  if (last !== null && last !== DEFAULT_LAYOUT) output.note(`Layout ${last}, as in the last run of this migration`);
  if (last !== null || options.isResume) return { ...options, layout: last };
  return { ...options, layout: await askForLayout(context) };
}
