/** A line of a chart's text. */
export function text(
  x: number,
  y: number,
  words: string,
  style: { readonly weight?: number; readonly size?: number; readonly fill?: string; readonly anchor?: string },
): string {
  const attributes = Object.entries({
    'font-weight': style.weight,
    'font-size': style.size,
    fill: style.fill,
    'text-anchor': style.anchor,
  })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${value}"`);
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${attributes.join('')}>${words}</text>`;
}
