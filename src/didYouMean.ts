/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/**
 * The candidate that the writer of `word` most likely meant, or null when none is near: case, dashes and underscores do not
 * count, and about one letter in three may be wrong. A candidate that `word` merely lengthens or shortens counts as near.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  const wanted = plain(word).slice(0, 64);
  if (wanted === '') return null;
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const known = plain(candidate);
    if (known === '') continue;
    let distance = editDistance(wanted, known);
    const isPart = Math.min(known.length, wanted.length) >= 4 && (known.startsWith(wanted) || wanted.startsWith(known));
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, known.length) / 3));
    if (distance > allowed) {
      if (!isPart) continue;
      distance = allowed;
    }
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
