import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { platform } from '../platform/index.js';
import { readDirectory } from './directory.js';
import { engineError, idx, npy, zip } from '../formats/testing/bytes.js';

const kmnist10k = '../shared/kmnist10k';
const repository = fileURLToPath(new URL('../../', import.meta.url));
const romaji = ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'];

let root = '';
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(joinPath(tmpdir(), 'wgsl-train-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Files = Readonly<Record<string, Uint8Array>>;

async function directoryOf(files: Files, name = `set${++made}`): Promise<string> {
  const directory = joinPath(root, name);
  await mkdir(directory, { recursive: true });
  for (const [file, bytes] of Object.entries(files)) await writeFile(joinPath(directory, file), bytes);
  return directory;
}

const zeros = (...dimensions: number[]): Uint8Array =>
  idx(dimensions, new Uint8Array(dimensions.reduce((product, dimension) => product * dimension, 1)));
const labelled = (...labels: number[]): Uint8Array => idx([labels.length], Uint8Array.from(labels));

const small: Files = {
  'train-images-idx3-ubyte': zeros(3, 2, 5),
  'train-labels-idx1-ubyte': labelled(0, 2, 1),
  't10k-images-idx3-ubyte': zeros(2, 2, 5),
  't10k-labels-idx1-ubyte': labelled(1, 0),
};
const numpy = (file: Uint8Array): Uint8Array => zip([{ name: 'arr_0.npy', content: file }]);
const smallNumpy: Files = {
  'kmnist-train-imgs.npz': numpy(npy([3, 2, 5])),
  'kmnist-train-labels.npz': numpy(npy([3])),
  'kmnist-test-imgs.npz': numpy(npy([2, 2, 5])),
  'kmnist-test-labels.npz': numpy(npy([2])),
};

describe('sets in the forms that are read', () => {
  test('plain IDX of any size and class count', async () => {
    const directory = await directoryOf(small);
    const set = await readDirectory(directory);
    expect(set).toMatchObject({
      name: directory,
      rows: 2,
      columns: 5,
      classes: 3,
      classNames: ['0', '1', '2'],
    });
    expect([set.train.count, set.test.count]).toEqual([3, 2]);
    expect(Array.from(set.train.labels)).toEqual([0, 2, 1]);
    const parts = [new Uint8Array(30), Uint8Array.of(0, 2, 1), new Uint8Array(20), Uint8Array.of(1, 0)];
    expect(set.sha256).toBe(platform.sha256(...parts));
  });

  test('packed, and plain beside packed, read the same', async () => {
    const plain = Object.entries(small);
    const packed = Object.fromEntries(plain.map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]));
    const mixed = Object.fromEntries([...plain.slice(0, 2), ...Object.entries(packed).slice(2)]);
    const digests = [];
    for (const files of [small, packed, mixed])
      digests.push((await readDirectory(await directoryOf(files))).sha256);
    expect(new Set(digests).size).toBe(1);
  });

  test('the four .npz files', async () => {
    const set = await readDirectory(await directoryOf(smallNumpy));
    expect(set).toMatchObject({ rows: 2, columns: 5, classes: 3, classNames: ['0', '1', '2'] });
    expect(Array.from(set.test.pixels)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  test('a class that only the test part has counts', async () => {
    const set = await readDirectory(
      await directoryOf({ ...small, 't10k-labels-idx1-ubyte': labelled(30, 0) }),
    );
    expect(set.classes).toBe(31);
    expect(set.classNames[30]).toBe('30');
    expect(set.notice).toBe(
      'no image has label 3 to 29: that class is not judged; ' +
        'no test image has label 1 to 2: that class is not judged; ' +
        'no training image has label 30: it is not learned',
    );
  });

  test('classes have no kana names, whatever the directory is called', async () => {
    const every = labelled(...romaji.keys());
    const files: Files = {
      'train-images-idx3-ubyte': zeros(10, 28, 28),
      'train-labels-idx1-ubyte': every,
      't10k-images-idx3-ubyte': zeros(10, 28, 28),
      't10k-labels-idx1-ubyte': every,
    };
    const digits = Array.from(romaji.keys(), String);
    for (const [name, names] of [
      ['mnist', digits],
      ['MNIST/raw', digits],
      ['raw', digits],
      ['my-kmnist', digits],
      ['KMNIST/raw', digits],
    ] as const)
      expect((await readDirectory(await directoryOf(files, name))).classNames, name).toEqual(names);
    const odd = await directoryOf(small, 'kmnist-odd');
    expect((await readDirectory(odd)).classNames).toEqual(['0', '1', '2']);
  });

  const images = (...shape: number[]): Uint8Array => numpy(npy(shape));
  const classNumbers = (...labels: number[]): Uint8Array =>
    npy([labels.length], {
      header: `{'descr': '<i8', 'fortran_order': False, 'shape': (${labels.length},), }`,
      data: new Uint8Array(BigInt64Array.from(labels, BigInt).buffer),
    });
  const wide = { train: classNumbers(0, 2, 1), test: classNumbers(1, 0) };
  const keras = [
    { name: 'x_train.npy', content: npy([3, 2, 5]) },
    { name: 'y_train.npy', content: wide.train },
    { name: 'x_test.npy', content: npy([2, 2, 5]) },
    { name: 'y_test.npy', content: wide.test },
  ];
  const idxOf = (
    name: (part: 'train' | 't10k', what: 'images' | 'labels', rank: number) => string,
  ): Files => ({
    [name('train', 'images', 3)]: small['train-images-idx3-ubyte']!,
    [name('train', 'labels', 1)]: small['train-labels-idx1-ubyte']!,
    [name('t10k', 'images', 3)]: small['t10k-images-idx3-ubyte']!,
    [name('t10k', 'labels', 1)]: small['t10k-labels-idx1-ubyte']!,
  });
  const forms: readonly (readonly [string, Files, string | undefined])[] = [
    ['a dot', idxOf((part, what, rank) => `${part}-${what}.idx${rank}-ubyte`), undefined],
    ['a prefix', idxOf((part, what, rank) => `abc-letters-${part}-${what}-idx${rank}-ubyte`), undefined],
    ['no type', idxOf((part, what) => `${part}-${what}`), undefined],
    [
      "Kuzushiji-49's names",
      Object.fromEntries(
        Object.entries(smallNumpy).map(([name, bytes]) => [name.replace('kmnist', 'k49'), bytes]),
      ),
      undefined,
    ],
    ["Keras's one file", { 'mnist.npz': zip(keras) }, 'labels: int64, read as 0..2'],
    [
      "MedMNIST's one file",
      {
        'shapes.npz': zip([
          ...keras.map(({ name, content }) => ({
            name: name.replace(
              /(.)_(\w+)/,
              (_, kind, part) => `${part}_${kind === 'x' ? 'images' : 'labels'}`,
            ),
            content,
          })),
          { name: 'val_images.npy', content: npy([1, 2, 5]) },
        ]),
      },
      'labels: int64, read as 0..2',
    ],
    [
      'a file per part',
      {
        'train.npz': zip([
          { name: 'images.npy', content: npy([3, 2, 5]) },
          { name: 'labels.npy', content: npy([3]) },
        ]),
        'test.npz': zip([
          { name: 'images.npy', content: npy([2, 2, 5]) },
          { name: 'labels.npy', content: npy([2]) },
        ]),
      },
      undefined,
    ],
    [
      'plain .npy, one row each',
      {
        'X_train.npy': npy([3, 10]),
        'y_train.npy': wide.train,
        'X_test.npy': npy([2, 10]),
        'y_test.npy': wide.test,
      },
      'images: 10 pixels, read as 1 x 10; labels: int64, read as 0..2',
    ],
    [
      'squares as rows',
      {
        ...smallNumpy,
        'kmnist-train-imgs.npz': images(3, 16),
        'kmnist-test-imgs.npz': images(2, 16),
      },
      'images: 16 pixels, read as 4 x 4',
    ],
  ];
  const gap = 'no test image has label 2: that class is not judged';
  test.each(forms)('%s', async (_, files, understood) => {
    const set = await readDirectory(await directoryOf(files));
    expect([set.train.count, set.test.count, set.classes]).toEqual([3, 2, 3]);
    expect(set.notice).toBe(understood === undefined ? gap : `${understood}; ${gap}`);
  });

  test('a folder for each file, one file alone, one set among several by the start of its names', async () => {
    const directory = await directoryOf({});
    for (const [name, bytes] of Object.entries(small)) {
      await mkdir(joinPath(directory, name));
      await writeFile(joinPath(directory, name, name), bytes);
    }
    expect((await readDirectory(directory)).train.count).toBe(3);
    const one = await directoryOf({ 'mnist.npz': zip(keras), 'other.npz': zip(keras.slice(0, 2)) });
    expect((await readDirectory(joinPath(one, 'mnist.npz'))).train.count).toBe(3);
    const named = (set: string): Files =>
      idxOf((part, what, rank) => `emnist-${set}-${part}-${what}-idx${rank}-ubyte`);
    const several = await directoryOf({ ...named('letters'), ...named('digits') });
    const error = await engineError(() => readDirectory(several), 'no-data', '2 data sets');
    const remedy = /--data (.*)$/.exec(error.remedy!)![1]!;
    expect((await readDirectory(remedy)).notice).toContain('--transpose');
  });

  test('classes.txt names the classes', async () => {
    const names = Buffer.from('\ufeffcircle\r\nsquare\r\nstar\r\nline\r\n');
    const set = await readDirectory(await directoryOf({ ...small, 'classes.txt': names }));
    expect(set.classNames).toEqual(['circle', 'square', 'star', 'line']);
    expect(set.notice).toBe(
      'no image has label line: that class is not judged; no test image has label star: that class is not judged',
    );
    for (const wrong of ['a\nb\n', 'a\na\nb\n', 'a\n\nb\n', 'a\n\u0007\nb\n'])
      await engineError(
        async () => readDirectory(await directoryOf({ ...small, 'classes.txt': Buffer.from(wrong) })),
        'bad-file',
        '',
      );
  });

  const cases = joinPath(repository, '../shared/cases');
  const areThere = existsSync(cases);
  if (!areThere) console.log('skipped: ../shared/cases is not there');
  test.skipIf(!areThere).each([
    ['npz-k49-names', [400, 200, 10], undefined],
    ['npz-keras-one-file', [400, 200, 10], undefined],
    ['npz-labels-int64', [400, 200, 10], 'labels: int64, read as 0..9'],
    ['npz-fortran', [400, 200, 10], undefined],
    ['idx-names-dot', [400, 200, 10], undefined],
    ['idx-names-kaggle-folders', [400, 200, 10], undefined],
    ['gz-two-members', [400, 200, 10], undefined],
    ['gz-zero-padding', [400, 200, 10], undefined],
    ['labels-from-1', [400, 200, 11], 'no image has label 0: that class is not judged'],
  ])('the case %s', async (name, counts, notice) => {
    const set = await readDirectory(joinPath(cases, name));
    expect([set.train.count, set.test.count, set.classes]).toEqual(counts);
    expect(set.notice).toBe(notice);
    // All are made of the same images of kmnist10k.
    const { train } = await readDirectory(joinPath(cases, 'npz-k49-names'));
    if (name.startsWith('npz')) expect(platform.sha256(set.train.pixels)).toBe(platform.sha256(train.pixels));
    if (name.startsWith('npz')) expect(Array.from(set.train.labels)).toEqual(Array.from(train.labels));
  });
  test.skipIf(!areThere)('the case labels-all-3 is refused', async () => {
    const error = await engineError(
      () => readDirectory(joinPath(cases, 'labels-all-3')),
      'bad-file',
      'only one class',
    );
    expect(error.found).toContain('every label is 3');
  });

  const there = existsSync(joinPath(repository, kmnist10k));
  if (!there) console.log(`skipped: ${kmnist10k} is not there`);
  test.skipIf(!there)('kmnist10k, 10,000 real images', async () => {
    const set = await readDirectory(joinPath(repository, kmnist10k));
    expect(set).toMatchObject({
      rows: 28,
      columns: 28,
      classes: 10,
      classNames: Array.from(romaji.keys(), String),
    });
    expect([set.train.count, set.test.count]).toEqual([8000, 2000]);
    expect([set.train.pixels.length, set.test.pixels.length]).toEqual([8000 * 784, 2000 * 784]);
    const counts = (labels: Uint8Array): number[] =>
      romaji.map((_, label) => labels.filter((value) => value === label).length);
    expect(counts(set.train.labels)).toEqual(romaji.map(() => 800));
    expect(counts(set.test.labels)).toEqual(romaji.map(() => 200));
    expect(set.sha256).toBe('b52ee4c4ed3f52a4995b09323608a411809e92e1e97c0bc00713b923a9464aa5');
  });
});

const f32 = (values: readonly number[], ...shape: readonly number[]): Uint8Array => {
  const data = new Uint8Array(Float32Array.from(values).buffer);
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  return npy(shape, { header, data });
};
const archive = (arrays: Readonly<Record<string, Uint8Array>>): Uint8Array =>
  zip(Object.entries(arrays).map(([name, content]) => ({ name: `${name}.npy`, content })));

describe('features', () => {
  test('of which one part looks like images: both parts tell', async () => {
    const directory = await directoryOf({
      'set.npz': archive({
        x_train: f32([0, 0.5, 1, 1, 0, 0.2], 3, 2),
        y_train: npy([3]),
        x_test: f32([-1, 0.5, 2, 1], 2, 2),
        y_test: npy([2]),
      }),
    });
    const set = await readDirectory(directory);
    expect(set).toMatchObject({ rows: 1, columns: 2, classes: 3 });
    expect(Array.from(set.train.pixels)).toEqual(Array.from(Float32Array.of(0, 0.5, 1, 1, 0, 0.2)));
    expect(set.notice).toBe(
      'images: float32 of 2 numbers in -1..2, read as 1 x 2 f32 features; no test image has label 2: ' +
        'that class is not judged',
    );
    const bytes = [
      Float32Array.of(0, 0.5, 1, 1, 0, 0.2),
      Uint8Array.of(0, 1, 2),
      Float32Array.of(-1, 0.5, 2, 1),
    ];
    expect(set.sha256).toBe(platform.sha256(...bytes, Uint8Array.of(0, 1)));
  });
});

describe('sets of one part', () => {
  const images = npy([10, 2, 3]);
  const labels = npy([10], { data: Uint8Array.from({ length: 10 }, (_, i) => i % 2) });
  const forms: readonly (readonly [name: string, files: Files])[] = [
    ['X and y', { 'set.npz': archive({ X: images, y: labels }) }],
    ['data and target, and more', { 'set.npz': archive({ data: images, target: labels, DESCR: npy([2]) }) }],
    ['x_train and y_train', { 'set.npz': archive({ x_train: images, y_train: labels }) }],
    ['arr_0 and arr_1', { 'set.npz': archive({ arr_0: images, arr_1: labels }) }],
    ['names that say nothing, labels first', { 'set.npz': archive({ b: labels, a: images }) }],
    ['data.npy and labels.npy', { 'data.npy': images, 'labels.npy': labels }],
    ['images.npz and labels.npz', { 'images.npz': numpy(images), 'labels.npz': numpy(labels) }],
    [
      'IDX',
      { 'images-idx3-ubyte': zeros(10, 2, 3), 'labels-idx1-ubyte': labelled(0, 1, 0, 1, 0, 1, 0, 1, 0, 1) },
    ],
  ];
  test.each(forms)('%s', async (_, files) => {
    const set = await readDirectory(await directoryOf(files));
    expect([set.train.count, set.test.count, set.rows, set.columns]).toEqual([8, 2, 2, 3]);
    expect(set.notice).toContain(
      'there is one part of 10 images: a fifth of them, drawn with seed 0, is the test set',
    );
    const other = await readDirectory(await directoryOf(files), { seed: 1 });
    expect(other.notice).toContain('seed 1');
  });

  test('are divided as pictures are, and images keep their labels', async () => {
    const directory = await directoryOf({ 'set.npz': archive({ x: images, y: labels }) });
    const { train, test: held } = await readDirectory(directory);
    const all = [...train.pixels, ...held.pixels].toSorted((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 60 }, (_, i) => i));
    for (const { pixels, labels: of } of [train, held])
      of.forEach((label, i) => {
        expect(label).toBe((pixels[6 * i]! / 6) % 2);
      });
  });

  test.each<readonly [string, Files, string]>([
    ['of other lengths', { 'set.npz': archive({ a: images, b: npy([9]) }) }, 'is not a whole data set'],
    [
      'only a test part',
      { 'set.npz': archive({ x_test: images, y_test: labels }) },
      'is not a whole data set',
    ],
    [
      'three arrays without names',
      { 'set.npz': archive({ a: images, b: labels, c: labels }) },
      'not a whole',
    ],
  ])('%s: refused', async (_, files, what) => {
    await engineError(async () => readDirectory(await directoryOf(files)), 'no-data', what);
  });
});

describe('sets that are refused', () => {
  test.each(Object.keys(small))('without %s', async (name) => {
    const files = Object.fromEntries(Object.entries(small).filter(([file]) => file !== name));
    const error = await engineError(async () => readDirectory(await directoryOf(files)), 'no-data', name);
    expect(error.exitCode).toBe(66);
  });

  test.each(Object.keys(smallNumpy))('without %s', async (name) => {
    const files = Object.fromEntries(Object.entries(smallNumpy).filter(([file]) => file !== name));
    await engineError(async () => readDirectory(await directoryOf(files)), 'no-data', name);
  });

  test('a directory without any of the files, an empty one, none, and a file', async () => {
    const other = await engineError(
      async () => readDirectory(await directoryOf({ 'notes.txt': labelled(1) })),
      'no-data',
      'there is no data set in it',
    );
    expect(other.describe()).toMatch(/found: +notes\.txt[^]*kmnist-train-imgs\.npz/);
    const empty = await directoryOf({});
    await engineError(() => readDirectory(empty), 'no-data', empty);
    const missing = joinPath(root, 'nowhere');
    await engineError(() => readDirectory(missing), 'no-data', missing);
    const file = joinPath(await directoryOf({ file: labelled(1) }), 'file');
    expect((await engineError(() => readDirectory(file), 'no-data', file)).found).toMatch(/not a directory/);
  });

  test('a directory in place of a file', async () => {
    const directory = await directoryOf({ ...small });
    await rm(joinPath(directory, 't10k-labels-idx1-ubyte'));
    await mkdir(joinPath(directory, 't10k-labels-idx1-ubyte'));
    await engineError(() => readDirectory(directory), 'no-data', 't10k-labels-idx1-ubyte');
  });

  const wrong: readonly (readonly [name: string, files: Files, file: string, what: RegExp])[] = [
    ['fewer training labels', { 'train-labels-idx1-ubyte': labelled(0, 1) }, 'train-labels', /2 labels/],
    ['more test labels', { 't10k-labels-idx1-ubyte': labelled(0, 1, 0) }, 't10k-labels', /3 labels/],
    ['test images of another size', { 't10k-images-idx3-ubyte': zeros(2, 5, 2) }, 't10k-images', /5 x 2/],
    [
      'one class',
      { 'train-labels-idx1-ubyte': labelled(0, 0, 0), 't10k-labels-idx1-ubyte': labelled(0, 0) },
      'train-labels',
      /only one class/,
    ],
    [
      'one class that is not 0',
      { 'train-labels-idx1-ubyte': labelled(3, 3, 3), 't10k-labels-idx1-ubyte': labelled(3, 3) },
      'train-labels',
      /only one class[^]*every label is 3/,
    ],
    [
      'a stray 255',
      { 't10k-labels-idx1-ubyte': labelled(255, 0) },
      'train-labels',
      /is 255 a class\?[^]*leave/,
    ],
    ['an empty test part', { 't10k-images-idx3-ubyte': zeros(0, 2, 5) }, 't10k-images', /no images/],
    ['labels for images', { 'train-images-idx3-ubyte': labelled(1) }, 'train-images', /not one of images/],
    ['a file of zero bytes', { 't10k-labels-idx1-ubyte': new Uint8Array() }, 't10k-labels', /too early/],
  ];
  test.each(wrong)('%s', async (_, files, file, what) => {
    const directory = await directoryOf({ ...small, ...files });
    const error = await engineError(() => readDirectory(directory), 'bad-file', file);
    expect(error.exitCode).toBe(65);
    expect(error.describe()).toMatch(what);
  });
});
