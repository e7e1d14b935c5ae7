/** How a location begins: with a scheme, or as a path of a machine. */
export const LOCATION = /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\.{0,2}\/)/;

/**
 * `FROM=TO` as a mapping, null where it is none. A location may hold a `=` itself (`/dt=2024`): the first one that a location
 * follows parts the two.
 */
export function parseMapping(written: string): { readonly from: string; readonly to: string } | null {
  for (let at = written.indexOf('=', 1); at > 0; at = written.indexOf('=', at + 1)) {
    const to = written.slice(at + 1);
    if (LOCATION.test(to)) return { from: written.slice(0, at), to };
  }
  return null;
}
