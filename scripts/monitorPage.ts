import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin, transform } from 'esbuild';
import type { MonitorPage } from '../src/monitor/page.html';
import { THEME } from '../src/report/html/theme.ts';

const room = (file: string): string => fileURLToPath(new URL(`../src/monitor/${file}`, import.meta.url));

/** Browsers of spring 2023 and later. What the page uses of their library is held to ES2023 by src/monitor/tsconfig.json. */
const FOR_BROWSERS = { target: ['chrome111', 'edge111', 'firefox115', 'safari16.4'], minify: true };

/** Lets the app import the live page: `src/monitor/page.html` is then a module that holds what {@link buildMonitorPage} makes. */
export const monitorPage: Plugin = {
  name: 'monitor page',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[/\\]src[/\\]monitor[/\\]page\.html$/ }, async () => ({
      contents: `export const MONITOR_PAGE = ${JSON.stringify(await buildMonitorPage())};`,
      loader: 'js',
    }));
  },
};

/** Puts script and style into src/monitor/page.html, as one document needs no other permission than the hash of its script. */
export async function buildMonitorPage(): Promise<MonitorPage> {
  const [page, script, style] = await Promise.all([
    readFile(room('page.html'), 'utf8'),
    bundle('app.ts', { format: 'iife', ...FOR_BROWSERS }),
    bundle('style.css', {}),
  ]);
  const themed = await transform(THEME + style, { loader: 'css', ...FOR_BROWSERS });
  const styled = put(page, '<link rel="stylesheet" href="style.css" />', `<style>${themed.code.trim()}</style>`);
  return {
    html: put(styled, '<script type="module" src="app.ts"></script>', `<script>${script}</script>`),
    scriptHash: createHash('sha256').update(script).digest('base64'),
  };
}

async function bundle(file: string, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [room(file)],
    bundle: true,
    write: false,
    logLevel: 'warning',
    ...options,
  });
  return outputFiles?.[0]?.text.trim() ?? '';
}

/** Throws where the page does not hold the tag: what should stand in its place would be left out. */
function put(page: string, tag: string, replacement: string): string {
  if (page.split(tag).length !== 2) throw new Error(`src/monitor/page.html does not hold ${tag} once`);
  return page.replace(tag, () => replacement);
}
