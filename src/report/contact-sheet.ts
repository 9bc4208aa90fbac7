import { EngineError } from '../base/errors.js';
import { drawText, letterAdvance, letterHeight } from './pixel-font.js';
import type { Raster } from '../formats/png.js';

/** Images of one data set, shown as one block of the sheet. */
export interface SheetSet {
  readonly title: string;
  /** Height and width of an image in pixels. */
  readonly rows: number;
  readonly columns: number;
  /** All images, `rows * columns` bytes each, and the class number of each. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

export interface SheetOptions {
  /** One row of images per class, with this name before it. */
  readonly classNames: readonly string[];
  /** Images of each class in each block: the first ones of the set, so that nobody chose them. */
  readonly perClass: number;
  /** Screen pixels per image pixel. */
  readonly scale: number;
  /** A line of text under the blocks. */
  readonly note?: string;
}

const shades = { paper: 40, text: 230 } as const;
/** Screen pixels per pixel of a letter, and around everything. */
const textScale = 2;
const margin = 8;
const lineHeight = textScale * letterHeight + margin;

/** A picture with a row per class and the sets side by side; classes with too few images leave gaps. */
export function contactSheet(sets: readonly SheetSet[], options: SheetOptions): Raster {
  const { classNames, perClass, scale, note = '' } = options;
  const counts = [perClass, scale, sets.length, classNames.length];
  if (!counts.every((count) => Number.isSafeInteger(count) && count > 0))
    throw new EngineError('usage', 'A contact sheet needs sets, classes, images per class and a scale', {
      found: counts.join(', '),
      expected: 'whole numbers above 0',
    });
  const labelWidth = textScale * letterAdvance * Math.max(...classNames.map((name) => name.length)) + margin;
  let left = margin + labelWidth;
  const blocks = sets.map((set) => {
    const block = { set, left };
    left += perClass * (set.columns + 1) * scale + 3 * margin;
    return block;
  });
  const rowHeight = Math.max(...sets.map(({ rows }) => rows)) * scale + scale;
  const top = margin + lineHeight;
  const width = left - 2 * margin;
  const height = top + classNames.length * rowHeight + (note === '' ? 0 : lineHeight) + margin;
  const pixels = new Uint8Array(width * height).fill(shades.paper);
  const sheet: Raster = { width, height, channels: 1, pixels };
  classNames.forEach((name, label) => {
    const y = top + label * rowHeight;
    write(sheet, name, margin, y + Math.floor((rowHeight - textScale * letterHeight) / 2));
    for (const block of blocks) showClass(sheet, block.set, label, [block.left, y], options);
  });
  for (const block of blocks) write(sheet, block.set.title, block.left, margin);
  write(sheet, note, margin + labelWidth, height - margin - textScale * letterHeight);
  return sheet;
}

/** The first images of a class, from left to right. */
function showClass(
  sheet: Raster,
  set: SheetSet,
  label: number,
  [left, top]: readonly [number, number],
  { perClass, scale }: SheetOptions,
): void {
  let shown = 0;
  for (let image = 0; image < set.labels.length && shown < perClass; image++) {
    if (set.labels[image] !== label) continue;
    const x0 = left + shown++ * (set.columns + 1) * scale;
    for (let row = 0; row < set.rows; row++)
      for (let column = 0; column < set.columns; column++) {
        const shade = set.pixels[(image * set.rows + row) * set.columns + column]!;
        fill(sheet, x0 + column * scale, top + row * scale, scale, shade);
      }
  }
}

function write(sheet: Raster, text: string, left: number, top: number): void {
  drawText(text, (x, y) => {
    fill(sheet, left + x * textScale, top + y * textScale, textScale, shades.text);
  });
}

/** A square of one shade; what lies beyond the sheet's edge is cut off. */
function fill(sheet: Raster, left: number, top: number, side: number, shade: number): void {
  const right = Math.min(left + side, sheet.width);
  for (let y = top; y < top + side && y < sheet.height; y++)
    if (right > left) sheet.pixels.fill(shade, y * sheet.width + left, y * sheet.width + right);
}
