/**
 * The first key that an object of a JSON text has twice, or undefined. `JSON.parse` keeps the last one in
 * silence, so two readers of one file can see different content.
 * @param text JSON that `JSON.parse` accepts
 */
export function duplicateKey(text: string): string | undefined {
  /** The keys of the objects that are open; null for an array. */
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(null);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (expectsKey && keys != null) {
        const key = JSON.parse(text.slice(at, end)) as string;
        if (keys.has(key)) return key;
        keys.add(key);
      }
      at = end - 1;
    }
    // Where neither blanks nor a value stand, only `{` and `,` have a key behind them.
    if (!/\s/.test(character!)) expectsKey = character === '{' || character === ',';
  }
  return undefined;
}

/** The place behind a string's closing quote. @param start the place of its opening quote */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
