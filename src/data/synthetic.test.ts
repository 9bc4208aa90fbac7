import { beforeAll, describe, expect, test } from 'vitest';
import { imageBytes, type Dataset, type LabelledImages } from './dataset.js';
import { platform } from '../platform/index.js';
import { defaultSize, synthesize } from './synthetic/index.js';
import { loadCharacters } from './synthetic/strokes.js';
import { makeWriters, testWriters, trainWriters } from './synthetic/writer.js';

const pixelsPerImage = 28 * 28;

let set: Dataset;
beforeAll(() => {
  set = synthesize(defaultSize);
});

const prefix = (part: LabelledImages, count: number): readonly Uint8Array[] => [
  imageBytes(part).subarray(0, count * pixelsPerImage),
  part.labels.subarray(0, count),
];

/** Mean ink of each image, 0 to 1. */
function ink(part: LabelledImages): readonly number[] {
  return Array.from({ length: part.count }, (_, image) => {
    const pixels = imageBytes(part).subarray(image * pixelsPerImage, (image + 1) * pixelsPerImage);
    return pixels.reduce((sum, pixel) => sum + pixel, 0) / (255 * pixelsPerImage);
  });
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the same bytes everywhere', () => {
  // Pinned: a change here changes every figure that was measured on the synthetic set.
  test('the default set', () => {
    expect(set.sha256).toBe('d455615bb7d96385960664c97bbc73aa36de74b8ec7031faa6fa694e6458b2f8');
    expect(platform.sha256(...prefix(set.train, 100))).toBe(
      '947b4014e6aa675aaa6015cca79351a0af96a3bea9d098c83c4ef947fb951598',
    );
  });

  test('a small set of another seed', () => {
    expect(synthesize({ train: 20, test: 10, seed: 7 }).sha256).toBe(
      '443a7f59e7d4f8607a85e0b00d48282d88fb945204e4b2f14a156ef8f73dd06c',
    );
  });

  test('a smaller set is a prefix of a larger one, in both parts', () => {
    const small = synthesize({ train: 137, test: 41 });
    expect(small.train.pixels).toEqual(prefix(set.train, 137)[0]);
    expect(small.train.labels).toEqual(prefix(set.train, 137)[1]);
    expect(small.test.pixels).toEqual(prefix(set.test, 41)[0]);
    expect(small.test.labels).toEqual(prefix(set.test, 41)[1]);
  });

  test('seeds differ, in images, order and beyond 32 bits', () => {
    const seeds = [0, 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const sets = seeds.map((seed) => synthesize({ train: 40, test: 40, seed }));
    const unique = (digest: (made: Dataset) => string): number => new Set(sets.map(digest)).size;
    expect(unique((made) => platform.sha256(made.train.pixels))).toBe(seeds.length);
    expect(unique((made) => platform.sha256(made.test.pixels))).toBe(seeds.length);
    expect(unique((made) => platform.sha256(made.train.labels))).toBe(seeds.length);
  });
});

describe('what a training run relies on', () => {
  test('names and shapes', () => {
    expect(set).toMatchObject({
      name: 'synthetic:12000/2000',
      rows: 28,
      columns: 28,
      classes: 10,
      classNames: ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'],
    });
    for (const [part, count] of [
      [set.train, 12_000],
      [set.test, 2_000],
    ] as const) {
      expect(part.count).toBe(count);
      expect(part.labels).toHaveLength(count);
      expect(part.pixels).toHaveLength(count * pixelsPerImage);
    }
  });

  test('every block of ten images holds every class once, in changing order', () => {
    for (const { labels } of [set.train, set.test]) {
      const orders = new Set<string>();
      for (let start = 0; start < labels.length; start += 10) {
        const block = Array.from(labels.subarray(start, start + 10));
        expect(block.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        orders.add(block.join());
      }
      expect(orders.size).toBeGreaterThan(0.95 * (labels.length / 10));
    }
  });

  test('no image occurs twice, in one part or across both', () => {
    const digests = [set.train, set.test].flatMap((part) =>
      Array.from({ length: part.count }, (_, image) =>
        Buffer.from(part.pixels.buffer, image * pixelsPerImage, pixelsPerImage).toString('latin1'),
      ),
    );
    expect(new Set(digests).size).toBe(digests.length);
  });

  test('the smallest set', () => {
    expect(synthesize({ train: 1, test: 1 })).toMatchObject({
      name: 'synthetic:1/1',
      classes: 10,
      train: { count: 1 },
    });
  });

  test.each([
    [{ train: 0, test: 10 }, '0 training images'],
    [{ train: 10, test: 1.5 }, '1.5 test images'],
    [{ train: 1_000_001, test: 10 }, '1000001 training images'],
    [{ train: NaN, test: 10 }, 'NaN training images'],
    [{ train: 10, test: 10, seed: -1 }, 'seed'],
    [{ train: 10, test: 10, seed: 0.5 }, 'seed'],
    [{ train: 10, test: 10, seed: 2 ** 53 }, 'seed'],
  ])('refuses %j', (options, message) => {
    expect(() => synthesize(options)).toThrow(message);
    expect(() => synthesize(options)).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});

describe('ink', () => {
  test('dark background, strokes up to full ink', () => {
    const counts = new Uint32Array(256);
    for (const pixel of set.train.pixels) counts[pixel]! += 1;
    const share = (from: number, to: number): number =>
      counts.subarray(from, to).reduce((sum, count) => sum + count, 0) / set.train.pixels.length;
    // kmnist10k has 0.68 of its pixels at 0, 0.18 above 128 and 0.05 at 255.
    expect(share(0, 1)).toBeGreaterThan(0.6);
    expect(share(129, 256)).toBeGreaterThan(0.15);
    expect(share(129, 256)).toBeLessThan(0.25);
    expect(share(255, 256)).toBeGreaterThan(0.03);
  });

  test('no image is empty or a blot, and no class gives itself away by its ink', () => {
    for (const part of [set.train, set.test]) {
      const inks = ink(part);
      expect(Math.min(...inks)).toBeGreaterThan(0.03);
      expect(Math.max(...inks)).toBeLessThan(0.6);
      for (let label = 0; label < 10; label++) {
        const ofClass = mean(inks.filter((_, image) => part.labels[image] === label));
        // kmnist10k: 0.15 to 0.24.
        expect(ofClass).toBeGreaterThan(0.14);
        expect(ofClass).toBeLessThan(0.25);
      }
    }
  });

  test('the centre of ink lies near the centre of the image', () => {
    let x = 0;
    let y = 0;
    let total = 0;
    set.train.pixels.forEach((pixel, index) => {
      x += pixel * (index % 28);
      y += pixel * Math.floor((index % pixelsPerImage) / 28);
      total += pixel;
    });
    expect(Math.abs(x / total - 13.5)).toBeLessThan(1);
    expect(Math.abs(y / total - 13.5)).toBeLessThan(1);
  });
});

describe('writers', () => {
  const characters = loadCharacters();
  const [training, testing] = [trainWriters, testWriters].map((population) =>
    makeWriters(0, population, characters),
  ) as [ReturnType<typeof makeWriters>, ReturnType<typeof makeWriters>];

  test('nobody writes in both parts', () => {
    const ids = new Set(training.map(({ id }) => id));
    expect(ids.size).toBe(training.length);
    expect(testing.filter(({ id }) => ids.has(id))).toEqual([]);
  });

  test('everybody has a hand of their own', () => {
    const everybody = [...training, ...testing];
    const traits = [
      ...everybody.map(({ hand }) => JSON.stringify(hand)),
      ...everybody.map(({ alphabet }) => JSON.stringify(alphabet)),
      ...everybody.map(({ preference }) => JSON.stringify(preference)),
    ];
    expect(new Set(traits).size).toBe(traits.length);
  });

  test('preferences are shares, and every form is in use', () => {
    for (const { preference } of [...training, ...testing])
      for (const shares of preference) {
        expect(Math.min(...shares)).toBeGreaterThan(0);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      }
    for (const writers of [training, testing])
      characters.forEach(({ forms }, label) => {
        forms.forEach((_, form) => {
          expect(mean(writers.map(({ preference }) => preference[label]![form]!))).toBeGreaterThan(0.1);
        });
      });
  });

  test('the same seed gives the same people', () => {
    expect(makeWriters(0, testWriters, characters)).toEqual(testing);
  });
});

test('the average test image of a class is nearer to its own class than to any other in training', () => {
  const averages = [set.train, set.test].map((part) => classAverages(part));
  averages[1]!.forEach((average, label) => {
    const distances = averages[0]!.map((other) =>
      other.reduce((sum, value, pixel) => sum + (value - average[pixel]!) ** 2, 0),
    );
    expect(distances.indexOf(Math.min(...distances))).toBe(label);
  });
});

function classAverages(part: LabelledImages): readonly Float64Array[] {
  const sums = Array.from({ length: 10 }, () => new Float64Array(pixelsPerImage));
  part.labels.forEach((label, image) => {
    const sum = sums[label]!;
    for (let pixel = 0; pixel < pixelsPerImage; pixel++)
      sum[pixel]! += part.pixels[image * pixelsPerImage + pixel]!;
  });
  return sums.map((sum) => sum.map((value) => (value * 10) / part.count));
}
