import type { CheckResult } from '../../contract/verdict.ts';
import { html, type SafeHtml } from './html.ts';

type IconName = CheckResult | 'note';

const SHAPES: Readonly<Record<IconName, SafeHtml>> = {
  ok: html`<path d="M4.6 8.3l2.3 2.3 4.6-5" />`,
  failed: html`<path d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4" />`,
  skipped: html`<path d="M4.8 8h6.4" />`,
  incomplete: html`<path d="M6 6.3a2 2 0 1 1 2.6 1.9q-.6.2-.6 1.1M8 11.4v.1" />`,
  note: html`<path d="M8 7.2v4M8 4.7v.1" />`,
};

/** A mark that stands beside words: it is hidden from screen readers. Drawn, as not every machine has emoji. */
export function icon(name: IconName): SafeHtml {
  return html`<svg class="icon ${name}" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false"><circle cx="8" cy="8" r="8" />${SHAPES[name]}</svg>`;
}
