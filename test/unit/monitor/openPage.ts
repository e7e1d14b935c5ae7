import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '../../../src/monitor/page.html');
const body = /<body>([\s\S]*)<script/.exec(readFileSync(FILE, 'utf8'))?.[1] ?? '';

/** Puts what the page holds before its script runs into the document, in place of what a test before left. */
export function openPage(): void {
  document.body.innerHTML = body;
  sessionStorage.clear();
}

/** Text of an element of the page. */
export function textOf(selector: string): string {
  return document.querySelector(selector)?.textContent ?? '(not there)';
}

/** Texts of all that a selector finds. */
export function textsOf(selector: string): readonly string[] {
  return [...document.querySelectorAll(selector)].map((element) => element.textContent ?? '');
}

/** True where an element is hidden itself; what it stands in may be hidden too. */
export function isHidden(selector: string): boolean {
  const element = document.querySelector(selector);
  if (element === null) throw new Error(`The page has no ${selector}`);
  return element.hasAttribute('hidden');
}
