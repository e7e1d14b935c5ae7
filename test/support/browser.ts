import chromium from '@sparticuz/chromium';
import { type Browser, type Locator, type Page, chromium as playwright } from 'playwright-core';

/** Set for short-lived cloud functions: one process for all pages ends with its first page; the second is no browser's default. */
const UNWANTED_ARGUMENTS = ['--single-process', '--disable-web-security'];

/** A real browser from npm, headless, with the security rules that people's browsers have. Whoever starts it closes it. */
export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args.filter((argument) => !UNWANTED_ARGUMENTS.includes(argument)),
    headless: true,
  });
}

/** Everything that a page complains of from now on: errors, warnings, refused resources. */
export function watchComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`request failed: ${request.url()}`));
  return complaints;
}

/** What a reader sees of these elements, with line breaks as on the page. */
export async function visibleText(locator: Locator): Promise<string> {
  return (await locator.allInnerTexts()).join('\n');
}

/** Script for a page: every element with text of its own whose colour is too near to the ground it stands on (WCAG 2, 1.4.3). */
export const FIND_FAINT_TEXT = `(() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (!own) continue;
    const style = getComputedStyle(element);
    if (!element.checkVisibility()) continue;
    const text = light(parse(element.ownerSVGElement ? style.fill : style.color));
    const under = light(ground(element));
    const contrast = (Math.max(text, under) + 0.05) / (Math.min(text, under) + 0.05);
    if (contrast < 4.5) faint.add(element.className + ' ' + contrast.toFixed(2));
  }
  return [...faint];
})()`;
