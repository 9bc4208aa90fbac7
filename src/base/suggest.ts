/**
 * The known name closest to what was typed, within one edit in three characters; undefined if none is.
 * An edit inserts, deletes or replaces a character, or swaps two neighbours (optimal string alignment).
 */
export function suggest(typed: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Infinity;
  for (const name of known) {
    const allowed = Math.max(1, Math.floor(Math.max(typed.length, name.length) / 3));
    // Each edit makes up for one character at most, and words can be long.
    if (Math.abs(typed.length - name.length) > allowed) continue;
    const edits = distance(typed.toLowerCase(), name);
    if (edits <= allowed && edits < fewest) [best, fewest] = [name, edits];
  }
  return best;
}

function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)]);
  for (let j = 1; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const [row, above] = [rows[i]!, rows[i - 1]!];
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + cost);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
    }
  }
  return rows[a.length]![b.length]!;
}
