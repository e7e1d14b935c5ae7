import { printable } from '../printable.ts';

/** Markup that is safe to put in a page: made by {@link html} or written in this program. */
export class SafeHtml {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What may stand in an {@link html} template: text is escaped, markup stays, lists are joined, null is nothing. */
type HtmlPart = SafeHtml | string | number | null | readonly HtmlPart[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Template tag that escapes everything it is given, in text as in quoted attributes: no value of a report can become markup.
 * Not for values in scripts, styles or unquoted attributes.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): SafeHtml {
  return new SafeHtml(strings.reduce((markup, text, index) => `${markup}${toMarkup(parts[index - 1] ?? null)}${text}`));
}

function toMarkup(part: HtmlPart): string {
  if (part === null) return '';
  if (part instanceof SafeHtml) return part.markup;
  if (typeof part === 'object') return part.map(toMarkup).join('');
  return printable(String(part)).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
