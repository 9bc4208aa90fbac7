import { describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { Random } from '../base/philox.js';
import { convertPicture } from './convert.js';
import { assumedFormat, measureInput, type InputFormat } from './input-format.js';
import type { Picture } from './read.js';
import { resample } from './resample.js';

const kmnist = assumedFormat({ rows: 28, columns: 28 });

/** Grey levels and how far they can be seen through, a byte each per pixel. */
interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array;
  readonly alpha: Uint8Array;
}

function asPicture({ width, height, grey, alpha }: Sheet): Picture {
  const rgba = new Uint8Array(4 * grey.length);
  grey.forEach((level, i) => {
    rgba.set([level, level, level, alpha[i]!], 4 * i);
  });
  return { width, height, rgba, format: 'png' };
}

const convert = (sheet: Sheet, format: InputFormat = kmnist): Uint8Array =>
  convertPicture(asPicture(sheet), format, 'a.png').pixels;

/** A picture of the grey that `level` gives for the middle of each pixel. */
function picture(width: number, height: number, level: (x: number, y: number) => number): Sheet {
  const grey = Uint8Array.from({ length: width * height }, (_, i) =>
    level((i % width) + 0.5, Math.floor(i / width) + 0.5),
  );
  return { width, height, grey, alpha: new Uint8Array(width * height).fill(255) };
}

/** Whether a point lies on a capital L in the unit square, its strokes a fifth wide. */
const onL = (x: number, y: number): boolean => x >= 0 && x < 1 && y >= 0 && y < 1 && (x < 0.2 || y >= 0.8);

/** A black L on white, its box `side` wide and high from (left, top). */
function letter(width: number, height: number, left: number, top: number, side: number): Sheet {
  return picture(width, height, (x, y) => (onL((x - left) / side, (y - top) / side) ? 0 : 255));
}

const at = (image: Uint8Array, column: number, row: number): number => image[row * 28 + column]!;

/** First and last column, first and last row with anything in them. */
function boxOf(image: Uint8Array): readonly number[] {
  const columns = [...image.keys()].filter((i) => image[i]! > 0).map((i) => i % 28);
  const rows = [...image.keys()].filter((i) => image[i]! > 0).map((i) => Math.floor(i / 28));
  return [Math.min(...columns), Math.max(...columns), Math.min(...rows), Math.max(...rows)];
}

/** The mean difference of two images in levels. */
function apart(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}

describe('a character', () => {
  const reference = convert(letter(280, 280, 0, 0, 280));

  test('is white on black, 0 to 255, and fills the frame', () => {
    expect(boxOf(reference)).toEqual([0, 27, 0, 27]);
    expect([at(reference, 0, 0), at(reference, 2, 13), at(reference, 20, 26)]).toEqual([255, 255, 255]);
    expect([at(reference, 15, 10), at(reference, 27, 0)]).toEqual([0, 0]);
  });

  test.each([
    [400, 300, 17, 9, 280],
    [300, 900, 10, 600, 280],
    [1000, 1000, 300, 200, 560],
    [200, 100, 90, 7, 84],
  ])('is the same wherever it stands on a sheet of %i x %i', (width, height, left, top, side) => {
    expect(apart(convert(letter(width, height, left, top, side)), reference)).toBeLessThan(2);
  });

  test('is the same among specks', () => {
    const clean = letter(400, 400, 100, 100, 200);
    const specks = [20, 21, 41, 330, 331, 380];
    const grey = clean.grey.slice();
    for (const x of specks) for (const y of specks) grey[400 * y + x] = 0;
    expect(apart(convert({ ...clean, grey }), reference)).toBeLessThan(2);
  });

  test('can be white on black, in any levels', () => {
    const faint = letter(400, 300, 17, 9, 280);
    const shades: readonly (readonly [ink: number, paper: number])[] = [
      [255, 0],
      [220, 30],
      [130, 90],
      [90, 130],
      [0, 128],
      [255, 127],
    ];
    for (const [ink, paper] of shades) {
      const grey = faint.grey.map((level) => (level === 0 ? ink : paper));
      expect(apart(convert({ ...faint, grey }), reference)).toBeLessThan(2);
    }
  });

  test('keeps its aspect, and its box lies in the middle', () => {
    const bar = (width: number, height: number): Uint8Array =>
      convert(picture(400, 400, (x, y) => (x > 20 && x < 20 + width && y > 90 && y < 90 + height ? 0 : 255)));
    expect(boxOf(bar(50, 200))).toEqual([10, 16, 0, 27]);
    expect(boxOf(bar(200, 100))).toEqual([0, 27, 7, 20]);
    expect(boxOf(bar(3, 300))).toEqual([13, 13, 0, 27]);
  });

  test('drawn on nothing gets paper, of any colour', () => {
    const drawn = letter(400, 300, 17, 9, 280);
    const alpha = drawn.grey.map((level) => 255 - level);
    for (const shade of [0, 60, 200, 255]) {
      const grey = new Uint8Array(drawn.grey.length).fill(shade);
      expect(apart(convert({ ...drawn, grey, alpha }), reference)).toBeLessThan(2);
    }
  });

  test('on paper with transparent corners is not taken for its paper', () => {
    const drawn = letter(400, 300, 17, 9, 280);
    const alpha = drawn.alpha.map((_, i) => (i % 400 > 360 || i < 400 * 5 ? 0 : 255));
    const grey = drawn.grey.map((level, i) => (alpha[i] === 0 ? 0 : level));
    expect(apart(convert({ ...drawn, grey, alpha }), reference)).toBeLessThan(2);
  });

  test('comes through noise and dust', () => {
    const random = new Random(1, 99);
    const clean = letter(400, 300, 17, 9, 280);
    const grey = clean.grey.map((level) => 60 + level * 0.6 + 6 * random.normal());
    for (const speck of [5, 300 * 400 - 10]) grey.fill(60, speck, speck + 3);
    const image = convert({ ...clean, grey });
    expect(apart(image, reference)).toBeLessThan(4);
    expect(at(image, 15, 10)).toBe(0);
  });

  test('in thin lines is not pale', () => {
    const line = convert(picture(560, 560, (x, y) => (Math.abs(x - y) < 3 ? 0 : 255)));
    expect(at(line, 14, 14)).toBe(255);
  });

  test('fits images that are not square', () => {
    const wide = convert(letter(280, 280, 0, 0, 280), assumedFormat({ rows: 10, columns: 40 }));
    expect(wide.length).toBe(400);
    const inked = [...wide.keys()].filter((i) => wide[i]! > 0).map((i) => i % 40);
    expect([Math.min(...inked), Math.max(...inked)]).toEqual([15, 24]);
  });

  test('that is an image already stays as it is; inverted, it is turned back', () => {
    const image = picture(28, 28, (x, y) => (x > 9 && x < 14 && y > 0 ? 255 : 4));
    expect(convert(image)).toEqual(image.grey);
    const inverted = convert({ ...image, grey: image.grey.map((level) => 255 - level) });
    expect(inverted).toEqual(image.grey);
  });
});

describe('no character', () => {
  const random = new Random(2, 99);
  test.each<[string, Sheet]>([
    ['an empty sheet', picture(30, 30, () => 255)],
    ['a black sheet', picture(30, 30, () => 0)],
    ['one pixel', picture(1, 1, () => 77)],
    ['a transparent sheet', { ...letter(30, 30, 2, 2, 20), alpha: new Uint8Array(900) }],
    ['an opaque drawing in the colour of its paper', picture(30, 30, (x) => (x > 10 && x < 15 ? 120 : 125))],
    ['noise on an empty sheet', picture(100, 100, () => 200 + 4 * random.normal())],
  ])('is found in %s', (_, sheet) => {
    let error: unknown;
    try {
      convert(sheet);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).kind).toBe('bad-file');
    expect((error as EngineError).describe()).toMatch(
      /a\.png: there is nothing in the picture[^]*found[^]*expected[^]*remedy/,
    );
  });
});

describe('scaling', () => {
  const values = Float32Array.from({ length: 35 }, (_, i) => (i * i) % 17);
  const image = { width: 7, height: 5, values };
  const whole = { left: 0, top: 0, right: 7, bottom: 5 };

  test('to the same size changes nothing', () => {
    expect(resample(image, whole, 7, 5)).toEqual(image);
    expect([...resample(image, { left: 2, top: 1, right: 4, bottom: 2 }, 2, 1).values]).toEqual([
      ...values.subarray(9, 11),
    ]);
  });

  test('to twice the size interpolates', () => {
    const row = { width: 3, height: 1, values: Float32Array.of(0, 8, 16) };
    const box = { left: 0, top: 0, right: 3, bottom: 1 };
    expect([...resample(row, box, 6, 1).values]).toEqual([0, 2, 6, 10, 14, 16]);
  });

  test('to half the size weighs a triangle', () => {
    const row = { width: 8, height: 1, values: Float32Array.of(0, 0, 0, 8, 0, 0, 0, 0) };
    const box = { left: 0, top: 0, right: 8, bottom: 1 };
    expect([...resample(row, box, 4, 1).values]).toEqual([0, 3, 1, 0]);
  });

  test('keeps what is even', () => {
    const even = { ...image, values: new Float32Array(35).fill(7) };
    for (const [width, height] of [
      [1, 1],
      [3, 11],
      [28, 2],
    ] as const)
      for (const value of resample(even, whole, width, height).values) expect(value).toBeCloseTo(7, 5);
  });
});

describe('a network knows its input', () => {
  /** Squares of a light level on a ground, at places that `place` gives, 200 of them. */
  const set = (
    ground: number,
    ink: number,
    place: (i: number) => readonly [x: number, y: number],
  ): Uint8Array => {
    const pixels = new Uint8Array(200 * 400).fill(ground);
    for (let i = 0; i < 200; i++) {
      const [left, top] = place(i);
      for (let y = 0; y < 8; y++)
        pixels.fill(ink, 400 * i + 20 * (top + y) + left, 400 * i + 20 * (top + y) + left + 8);
    }
    return pixels;
  };
  const frame = { rows: 20, columns: 20 };

  test('its ground, the polarity and the place of its ink', () => {
    const light = measureInput(
      set(0, 255, () => [6, 6]),
      frame,
    );
    expect(light).toMatchObject({ ...frame, ground: 0, ink: 'light', centred: 'box', size: 0.4, full: 1 });
    const dark = measureInput(
      set(230, 20, () => [6, 6]),
      frame,
    );
    expect(dark).toMatchObject({ ground: 230, ink: 'dark', size: 0.4 });
    const anywhere = measureInput(
      set(0, 255, (i) => [(7 * i) % 13, (5 * i) % 13]),
      frame,
    );
    expect(anywhere.centred).toBe('frame');
  });

  test('so that pictures get its ground, polarity and size', () => {
    const format = measureInput(
      set(230, 20, () => [6, 6]),
      frame,
    );
    const square = picture(300, 200, (x, y) => (x > 30 && x < 110 && y > 90 && y < 170 ? 250 : 10));
    const image = convert(square, format);
    const ink = [...image.keys()].filter((i) => image[i]! < 120);
    expect(ink).toHaveLength(64);
    expect([ink[0], ink.at(-1)]).toEqual([6 * 20 + 6, 13 * 20 + 13]);
    expect([image[0], image[10 * 20 + 10]]).toEqual([230, 0]);
  });

  test('and one whose ink is centred by mass has it there', () => {
    const mnist = { ...kmnist, centred: 'mass', size: 20 / 28 } as const;
    const image = convert(letter(400, 300, 17, 9, 280), mnist);
    let [sum, x, y] = [0, 0, 0];
    image.forEach((level, i) => {
      sum += level;
      x += level * ((i % 28) + 0.5);
      y += level * (Math.floor(i / 28) + 0.5);
    });
    expect(Math.abs(x / sum - 14)).toBeLessThan(0.6);
    expect(Math.abs(y / sum - 14)).toBeLessThan(0.6);
    const [left, right, top, bottom] = boxOf(image) as [number, number, number, number];
    expect([right - left + 1, bottom - top + 1]).toEqual([20, 20]);
  });

  test('a picture that cannot be made like the training images is doubtful, and says why', () => {
    const blot = picture(200, 200, (x, y) => (Math.hypot(x - 100, y - 100) < 60 ? 0 : 255));
    const { doubts } = convertPicture(asPicture(blot), kmnist, 'a.png');
    expect(doubts.join()).toMatch(/ink covers \d+ % of the frame, in training images 5 % to 65 %/);
  });
});
