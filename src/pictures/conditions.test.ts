/**
 * Characters of kmnist10k as pictures of many conditions: they must be told as well as from the images
 * themselves, or be doubtful. The nearest of 2,000 training images tells them, so no GPU is needed; a table
 * of 100 characters with a trained network stands in docs/predict.md.
 */
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../base/philox.js';
import { readDirectory } from '../data/directory.js';
import { imageBytes } from '../data/dataset.js';
import { hasKmnist10k, kmnist10k } from '../testing/kmnist10k.js';
import { isLong } from '../testing/modes.js';
import { convertPicture } from './convert.js';
import { measureInput, type InputFormat } from './input-format.js';
import { decodePicture } from './read.js';
import { resample } from './resample.js';

const characters = 60;
const side = 400;
const random = new Random(5, 77);

let format: InputFormat;
let train: { readonly pixels: Uint8Array; readonly labels: Uint8Array };
let shown: readonly { readonly image: Uint8Array; readonly label: number }[];
let clean: number;

/** The label of the nearest of the training images. */
function nearest(image: Uint8Array): number {
  let best = { distance: Infinity, label: -1 };
  for (let i = 0; i < 2000; i++) {
    let distance = 0;
    for (let k = 0; k < 784 && distance < best.distance; k++)
      distance += (image[k]! - train.pixels[784 * i + k]!) ** 2;
    if (distance < best.distance) best = { distance, label: train.labels[i]! };
  }
  return best.label;
}

type Level = (x: number, y: number, character: number) => number;

/**
 * A page of 400 x 400: the character nine times enlarged in its middle, 0 to 255; `level` makes a level of
 * it.
 */
function page(image: Uint8Array, level: Level): Uint8Array {
  const whole = { left: 0, top: 0, right: 28, bottom: 28 };
  const large = resample({ width: 28, height: 28, values: Float32Array.from(image) }, whole, 252, 252);
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    const [column, row] = [x - 74, y - 74];
    const isInside = column >= 0 && row >= 0 && column < 252 && row < 252;
    const ink = isInside ? large.values[row * 252 + column]! : 0;
    return Math.max(0, Math.min(255, Math.round(level(x, y, ink))));
  });
}

const raw = (levels: Uint8Array, width: number): Sharp =>
  sharp(levels, { raw: { width, height: levels.length / width, channels: 1 } }).toColourspace('b-w');

const asPage =
  (level: Level) =>
  (image: Uint8Array): Promise<Uint8Array> =>
    raw(page(image, level), side).png().toBuffer();

const inside = (x: number, y: number, border: number): boolean =>
  x >= border && y >= border && x < side - border && y < side - border;

const conditions: Readonly<Record<string, (image: Uint8Array) => Promise<Uint8Array>>> = {
  'a clean page': asPage((_x, _y, ink) => 255 - ink),
  'light ink on a dark page': asPage((_x, _y, ink) => 40 + 0.7 * ink),
  'a border of one pixel': asPage((x, y, ink) => (inside(x, y, 1) ? 255 - ink : 0)),
  'a border of four pixels': asPage((x, y, ink) => (inside(x, y, 4) ? 255 - ink : 0)),
  'ruled paper': asPage((_x, y, ink) => Math.min(255 - ink, y % 40 < 2 ? 140 : 255)),
  'ruled paper with dark, thick lines': asPage((_x, y, ink) => Math.min(255 - ink, y % 50 < 3 ? 60 : 255)),
  'squared paper': asPage((x, y, ink) => Math.min(255 - ink, y % 50 < 2 || x % 50 < 2 ? 150 : 255)),
  'light that falls off': asPage((x, _y, ink) => ((255 - ink) * (235 - (110 * x) / side)) / 255),
  'the shadow of a hand': asPage(
    (x, y, ink) => (255 - ink) * (1 - 0.4 / (1 + Math.exp((Math.hypot(x - 400, y - 420) - 230) / 10))),
  ),
  specks: asPage((x, y, ink) => (x % 90 < 5 && y % 110 < 5 && !inside(x, y, 60) ? 40 : 255 - ink)),
  'a dark table': asPage((x, y, ink) => (inside(x, y, 45) ? 230 - 0.8 * ink : 40)),
  'a smaller character on a canvas of the frame': (image) =>
    raw(image, 28)
      .resize(20, 20, { kernel: 'cubic' })
      .extend({ top: 4, bottom: 4, left: 4, right: 4, background: '#000' })
      .png()
      .toBuffer(),
  'a blurred and noisy photograph': async (image) => {
    const dim = page(image, (x, _y, ink) => 30 + 0.7 * (255 - ink) - (40 * x) / side);
    const blurred = await raw(dim, side).blur(2.5).raw().toBuffer();
    const noisy = blurred.map((level) => Math.max(0, Math.min(255, level + 10 * random.normal())));
    return raw(noisy, side).jpeg({ quality: 75 }).toBuffer();
  },
};

/** How many characters are told right under a condition, and how many of the others are doubtful. */
async function told(name: string): Promise<{ readonly right: number; readonly doubtful: number }> {
  let [right, doubtful] = [0, 0];
  for (const { image, label } of shown) {
    const bytes = await conditions[name]!(image);
    const { pixels, doubts } = convertPicture(await decodePicture(bytes, name), format, name);
    if (nearest(pixels) === label) right++;
    else if (doubts.length > 0) doubtful++;
  }
  return { right, doubtful };
}

describe.skipIf(!hasKmnist10k('pictures of characters under conditions'))('characters', () => {
  beforeAll(async () => {
    const dataset = await readDirectory(kmnist10k);
    train = { pixels: imageBytes(dataset.train), labels: dataset.train.labels };
    format = measureInput(train.pixels, dataset);
    const test = imageBytes(dataset.test);
    const step = Math.floor(dataset.test.count / characters);
    shown = Array.from({ length: characters }, (_, i) => ({
      image: test.subarray(784 * i * step, 784 * (i * step + 1)),
      label: dataset.test.labels[i * step]!,
    }));
    clean = (await told('a clean page')).right;
  });

  // A condition takes 20 s or more: without --mode long every third of them.
  const names = Object.keys(conditions).filter((_, i) => isLong || i % 3 === 0);

  test.for(names)('under %s', async (name) => {
    const { right, doubtful } = await told(name);
    console.log(`${name}: ${right} right, ${doubtful} wrong but doubtful`);
    expect(right + doubtful).toBeGreaterThanOrEqual(clean - 0.05 * characters);
  });

  test('as they are stay as they are, and inverted ones are turned back', async () => {
    for (const { image } of shown)
      for (const sent of [image, image.map((level) => 255 - level)]) {
        const picture = await decodePicture(await raw(sent, 28).png().toBuffer(), 'a.png');
        expect(convertPicture(picture, format, 'a.png').pixels).toEqual(Uint8Array.from(image));
      }
  });
});
