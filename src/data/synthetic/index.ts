import { EngineError } from '../../base/errors.js';
import { Random, streams } from '../../base/philox.js';
import { datasetSha256, type Dataset, type LabelledImages } from '../dataset.js';
import { size } from './draw.js';
import { drawImage } from './image.js';
import { makeGrain } from './ink.js';
import { type Character, loadCharacters } from './strokes.js';
import { makeWriters, type Population, testWriters, trainWriters } from './writer.js';

/** Images made when a size is not given. */
export const defaultSize = { train: 12_000, test: 2_000 } as const;

const largest = 1_000_000;

/**
 * Who writes a part, and the substreams of the seed that its images (from `images` on, one each) and order
 * come from.
 */
interface Part {
  readonly writers: Population;
  readonly images: number;
  readonly order: number;
}

const trainPart: Part = { writers: trainWriters, images: 0, order: 0x2000_0000 };
const testPart: Part = { writers: testWriters, images: 0x1000_0000, order: 0x3000_0000 };
const grainSubstream = 0x4000_0000;

/**
 * Draws the synthetic set: ten kana, 28x28, written by simulated writers, those of the test part being others
 * than those of the training part. The same bytes everywhere for the same seed; a smaller set is a prefix of
 * a larger one. Any ten images from a multiple of ten on hold each class once, in random order.
 * @param options train and test: images in each part, 1 to 1,000,000; seed: 0 if not given
 * @throws EngineError `usage` for sizes or seeds out of range
 */
export function synthesize(options: {
  readonly train: number;
  readonly test: number;
  readonly seed?: number;
}): Dataset {
  const { train, test, seed = 0 } = options;
  checkCount('training', train);
  checkCount('test', test);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new EngineError('usage', `The synthetic set cannot have seed ${seed}`, {
      expected: `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
    });
  const characters = loadCharacters();
  const parts = {
    train: drawPart(train, seed, trainPart, characters),
    test: drawPart(test, seed, testPart, characters),
  };
  return {
    name: `synthetic:${train}/${test}`,
    rows: size,
    columns: size,
    classes: characters.length,
    classNames: characters.map(({ name }) => name),
    ...parts,
    sha256: datasetSha256(parts.train, parts.test),
  };
}

function checkCount(part: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 1 && count <= largest) return;
  throw new EngineError('usage', `The synthetic set cannot have ${count} ${part} images`, {
    expected: `a whole number from 1 to ${largest}`,
  });
}

function drawPart(count: number, seed: number, part: Part, characters: readonly Character[]): LabelledImages {
  const writers = makeWriters(seed, part.writers, characters);
  const grain = makeGrain(seed, grainSubstream);
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * size * size);
  const order = new Random(seed, streams.synthetic, part.order);
  const block = Uint32Array.from(characters, (_, label) => label);
  const sheet = new Float64Array(size * size);
  for (let i = 0; i < count; i++) {
    if (i % block.length === 0) order.shuffle(block);
    const label = block[i % block.length]!;
    const random = new Random(seed, streams.synthetic, part.images + i);
    drawImage(sheet, writers[random.below(writers.length)]!, label, random, grain);
    labels[i] = label;
    for (let p = 0; p < sheet.length; p++) pixels[i * sheet.length + p] = Math.floor(sheet[p]! * 255 + 0.5);
  }
  return { count, pixels, labels };
}
