import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requireCompiled } from './requireCompiled.ts';

/** Loads every file that the app's package.json names in `main` (a glob), in the order of their names, as Azure's worker does. */
export async function loadApp(appDirectory: string): Promise<void> {
  const packageFile = join(appDirectory, 'package.json');
  const { main } = readPackage(packageFile);
  if (main === undefined) throw new Error(`${packageFile} names no "main" file`);
  const files = globSync(main, { cwd: appDirectory }).sort();
  if (files.length === 0) throw new Error(`No file matches "main" of ${packageFile}: ${main}. Build the app first`);
  for (const file of files) await loadFile(resolve(appDirectory, file));
}

async function loadFile(file: string): Promise<void> {
  if (isModule(file)) await import(pathToFileURL(file).href);
  else requireCompiled(file);
}

function isModule(file: string): boolean {
  const extension = extname(file);
  if (extension === '.mjs') return true;
  if (extension !== '.js') return false;
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    const packageFile = join(directory, 'package.json');
    if (existsSync(packageFile)) return readPackage(packageFile).type === 'module';
    if (directory === dirname(directory)) return false;
  }
}

function readPackage(file: string): { main?: string; type?: string } {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof content !== 'object' || content === null) return {};
  return content;
}
