/** Longest part of a name: file systems take 255 bytes, and a suffix comes on top. */
const MAX_PART = 200;

/** Ends the name of a directory: so a blob `a` and a blob `a/b` do not meet. No escape ends with it. */
const DIRECTORY = '~';

/** Ends the name of a directory that holds the rest of a long part. */
const CONTINUED = '~+';

/** Stands for a part without a character. */
const EMPTY = '~~';

/** Names that Windows keeps for devices, whatever their ending. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/;

function escapeBytes(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `~${byte.toString(16).padStart(2, '0')}`).join('');
}

/** Capital letters are escaped too, as some file systems take `A` and `a` for one. A dot stays inside only: `.` and `..` lead elsewhere. */
function encodePart(part: string): string {
  if (part === '') return EMPTY;
  return part
    .replaceAll(/[^a-z0-9_.-]+/g, escapeBytes)
    .replace(/^\./, escapeBytes)
    .replace(/\.$/, escapeBytes)
    .replace(DEVICE, (name) => escapeBytes(name.slice(0, 1)) + name.slice(1));
}

/** Undoes {@link encodePart}. */
function decodePart(name: string): string {
  if (name === EMPTY) return '';
  return name.replaceAll(/(?:~[0-9a-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('~', ''), 'hex').toString());
}

/** One or more names, each of which the file system takes; all but the last one are those of directories. */
function cut(name: string): string[] {
  const names: string[] = [];
  let rest = name;
  for (; rest.length > MAX_PART; rest = rest.slice(MAX_PART)) names.push(rest.slice(0, MAX_PART) + CONTINUED);
  return [...names, rest];
}

/** The directories that hold blobs whose paths begin so, without the last part; relative, one name each. */
export function blobDirectories(parts: readonly string[]): string[] {
  return parts.flatMap((part) =>
    cut(encodePart(part)).map((name, at, all) => (at < all.length - 1 ? name : name + DIRECTORY)),
  );
}

/**
 * Where a blob's file stands, as names of directories and the file's own, which every file system takes and tells apart.
 * Whatever the path, they lead to no other directory.
 */
export function blobFile(path: string): string[] {
  const parts = path.split('/');
  return [...blobDirectories(parts.slice(0, -1)), ...cut(encodePart(parts.at(-1) ?? ''))];
}

/** The path of a blob by where its file stands: undoes {@link blobFile}. */
export function blobPath(names: readonly string[]): string {
  const parts = [''];
  for (const name of names) {
    const isContinued = name.endsWith(CONTINUED);
    const isDirectory = !isContinued && name !== EMPTY && name.endsWith(DIRECTORY);
    const piece = isContinued
      ? name.slice(0, -CONTINUED.length)
      : isDirectory
        ? name.slice(0, -DIRECTORY.length)
        : name;
    parts.push((parts.pop() ?? '') + piece);
    if (isDirectory) parts.push('');
  }
  return parts.map(decodePart).join('/');
}
