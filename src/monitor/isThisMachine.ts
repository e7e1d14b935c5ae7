/** Is the app that a page comes from one that runs on the reader's own machine, as the command starts it? */
export function isThisMachine({ hostname }: { readonly hostname: string }): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
