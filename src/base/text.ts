/** Text in columns: paragraphs, and tables with numbers to the right. */

/** How wide paragraphs are. */
export const textColumns = 100;

/** Breaks text at spaces so that no line passes `columns`; lines after the first start with `indent`. */
export function wrap(text: string, columns: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

/** What a plain terminal shows without wrapping. */
export const tableColumns = 80;

export interface TableLayout {
  /** Between two columns; two spaces if left out. */
  readonly gap?: string;
  /** Where a row would be wider than this, its first cell gets a line of its own; no limit if left out. */
  readonly columns?: number;
  /** Columns that are aligned to the left as the first one is, from 0; the others go to the right. */
  readonly left?: readonly number[];
}

/** Aligned columns. One without any text is left out. */
export function alignedTable(
  rows: readonly (readonly string[])[],
  { gap = '  ', columns = Infinity, left = [] }: TableLayout = {},
): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const figures = widths.slice(1).reduce((sum, width) => sum + (width && gap.length + width), 0);
  const room = columns - figures;
  const names = rows.map((row) => row[0]!);
  const fitting = names.filter((name) => name.length <= room);
  const first = Math.max(0, ...fitting.map((name) => name.length));
  return rows
    .map(([name, ...cells]) => {
      const rest = cells.map((cell, index) => {
        const width = widths[index + 1]!;
        if (width === 0) return '';
        return gap + (left.includes(index + 1) ? cell.padEnd(width) : cell.padStart(width));
      });
      if (name!.length <= first) return (name!.padEnd(first) + rest.join('')).trimEnd();
      return `${name!}\n${(' '.repeat(first) + rest.join('')).trimEnd()}`;
    })
    .join('\n');
}

/** The lines of a table whose columns are all aligned to the left. */
export function leftTable(rows: readonly (readonly string[])[]): string[] {
  return alignedTable(rows, { left: [...rows[0]!.keys()] }).split('\n');
}

/** `llvmpipe (a software adapter)`. */
export function adapterText(adapter: { readonly description: string; readonly software: boolean }): string {
  return `${adapter.description}${adapter.software ? ' (a software adapter)' : ''}`;
}
