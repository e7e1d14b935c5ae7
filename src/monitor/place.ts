/** What the address of the page asks for: a migration by its id, the form for a new one, or the list, beside which something is shown where there is room. */
export type Place = { readonly what: 'migration'; readonly id: string } | { readonly what: 'new' | 'list' };

/** Reads the part of an address from `#` on. No id holds a slash. */
export function placeOf(hash: string): Place {
  if (hash === '#/new') return { what: 'new' };
  const encoded = hash.slice(1);
  if (encoded === '' || encoded === '/') return { what: 'list' };
  return { what: 'migration', id: decoded(encoded) };
}

/** The address of a migration, from `#` on. */
export function hashOf(id: string): string {
  return `#${encodeURIComponent(id)}`;
}

/** What is no encoded text stands for itself: there will be no such migration, which the page then says. */
function decoded(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
