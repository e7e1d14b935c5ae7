/** `host`, `host:port`, `[::1]:port` and comma-separated lists of them, up to the path or query. */
const HOST_LIST = /^(?:(?:\[[0-9a-f:.%]+\]|[\w.%-]+)(?::\d*)?)(?:,(?:\[[0-9a-f:.%]+\]|[\w.%-]+)(?::\d*)?)*(?=[/?#]|$)/i;

/** True when a text can be all that follows `user:password@`: hosts, a path without an `@`, and a query of `key=value`. */
function isAfterUser(text: string): boolean {
  const query = text.indexOf('?');
  const beforeQuery = query < 0 ? text : text.slice(0, query);
  return (
    HOST_LIST.test(text) && !beforeQuery.includes('@') && (query < 0 || /^(?:$|[\w.]+=)/.test(text.slice(query + 1)))
  );
}

/**
 * Position of the `@` that ends `user:password` in what follows `scheme://`, or -1 when there is none. Passwords are often
 * pasted unescaped, so an `@`, `/` or `?` in them is taken as part of them as long as a list of hosts follows a later `@`.
 */
export function endOfUserInfo(rest: string): number {
  if (rest === '' || rest[0] === '/' || rest[0] === '?') return -1;
  if (HOST_LIST.test(rest)) {
    // `user:12/3@host` looks like a host with a port, but no database name holds an `@`.
    const beforeQuery = rest.split('?', 1)[0] ?? '';
    const at = beforeQuery.indexOf('@');
    if (at < 0 || !beforeQuery.slice(0, at).includes(':')) return -1;
  }
  let at = rest.indexOf('@');
  let lastAt = -1;
  while (at >= 0) {
    if (isAfterUser(rest.slice(at + 1))) return at;
    lastAt = at;
    at = rest.indexOf('@', at + 1);
  }
  // No host follows any of them (`user:password@/database`): what stands before the path, or else all of it, is the user.
  const path = rest.search(/[/?#]/);
  const beforePath = path < 0 ? -1 : rest.lastIndexOf('@', path);
  return beforePath >= 0 ? beforePath : lastAt;
}
