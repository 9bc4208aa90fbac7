/** A line that tells what there is room for. */

/** A part of the line, with what it becomes as room gets scarce. */
export interface Piece {
  readonly text: string;
  /**
   * Shorter forms, '' to leave it out; those with a lower `turn` are taken first, over all pieces of the
   * line.
   */
  readonly shorter?: readonly { readonly turn: number; readonly text: string }[];
}

const gap = '  ';

/** The pieces side by side, shortened turn by turn until they fit; what then is still too long is cut. */
export function fitLine(pieces: readonly Piece[], columns: number): string {
  const texts = pieces.map(({ text }) => text);
  const turns = pieces
    .flatMap(({ shorter = [] }, index) => shorter.map((form) => ({ ...form, index })))
    .sort((a, b) => a.turn - b.turn);
  const line = (): string =>
    texts
      .filter((text) => text !== '')
      .join(gap)
      .trimEnd();
  for (const { index, text } of turns) {
    if (line().length <= columns) break;
    texts[index] = text;
  }
  return line().slice(0, columns);
}
