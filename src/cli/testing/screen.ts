import type { TextStream } from '../output.js';

/** A terminal, as far as the output uses one, that breaks lines anew when it is resized, as most do. */
export interface Screen extends TextStream {
  readonly columns: number;
  resize(columns: number): void;
  /** The lines as they were written: what a terminal breaks into rows counts as one. */
  lines(): string[];
}

/**
 * Knows text, `\r`, `\n`, and the sequences for erasing to the end of the row and of the screen, and for
 * going up.
 */
export function createScreen(width: number): Screen {
  let columns = width;
  const lines = [''];
  // The cursor: a line, and a place in it; behind the last character of a full row it still stands in that
  // row.
  let [line, at] = [0, 0];
  const row = (): number => Math.max(0, Math.ceil(at / columns) - 1);
  const put = (text: string): void => {
    const old = lines[line]!;
    lines[line] = old.slice(0, at).padEnd(at) + text + old.slice(at + text.length);
    at += text.length;
  };
  const sequences: Readonly<Record<string, (count: number) => void>> = {
    K: () => {
      const old = lines[line]!;
      const end = (row() + 1) * columns;
      lines[line] = old.length > end ? old.slice(0, at).padEnd(end) + old.slice(end) : old.slice(0, at);
    },
    J: () => {
      lines[line] = lines[line]!.slice(0, at);
      lines.length = line + 1;
    },
    A: (count) => {
      if (count > row()) throw new Error('the cursor went up into another line');
      at -= count * columns;
    },
  };
  const plain = (text: string): void => {
    for (const part of text.split(/(\r|\n)/)) {
      if (part === '\r') at = row() * columns;
      else if (part === '\n') {
        if (++line === lines.length) lines.push('');
        at = 0;
      } else put(part);
    }
  };
  return {
    isTTY: true,
    get columns() {
      return columns;
    },
    resize: (next) => {
      columns = next;
    },
    lines: () => [...lines],
    write: (text) => {
      const [first, ...rest] = text.split('\u001b[');
      plain(first!);
      for (const each of rest) {
        const [whole, count, name] = /^(\d*)([A-Z])/.exec(each)!;
        sequences[name!]!(Number(count === '' ? 1 : count));
        plain(each.slice(whole.length));
      }
    },
  };
}
