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
      await directoryOf({ ...small, 't10k-labels-idx1-ubyte': labelled(255, 0) }),
    );
    expect(set.classes).toBe(256);
    expect(set.classNames[255]).toBe('255');
  });

  test('classes have kana names only where the set is said to be KMNIST', async () => {
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
      ['my-kmnist', romaji],
      ['KMNIST/raw', romaji],
    ] as const)
      expect((await readDirectory(await directoryOf(files, name))).classNames, name).toEqual(names);
    const odd = await directoryOf(small, 'kmnist-odd');
    expect((await readDirectory(odd)).classNames).toEqual(['0', '1', '2']);
  });

  const there = existsSync(joinPath(repository, kmnist10k));
  if (!there) console.log(`skipped: ${kmnist10k} is not there`);
  test.skipIf(!there)('kmnist10k, 10,000 real images', async () => {
    const set = await readDirectory(joinPath(repository, kmnist10k));
    expect(set).toMatchObject({ rows: 28, columns: 28, classes: 10, classNames: romaji });
    expect([set.train.count, set.test.count]).toEqual([8000, 2000]);
    expect([set.train.pixels.length, set.test.pixels.length]).toEqual([8000 * 784, 2000 * 784]);
    const counts = (labels: Uint8Array): number[] =>
      romaji.map((_, label) => labels.filter((value) => value === label).length);
    expect(counts(set.train.labels)).toEqual(romaji.map(() => 800));
    expect(counts(set.test.labels)).toEqual(romaji.map(() => 200));
    expect(set.sha256).toBe('b52ee4c4ed3f52a4995b09323608a411809e92e1e97c0bc00713b923a9464aa5');
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
      'train-images-idx3-ubyte',
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
    ['an empty test part', { 't10k-images-idx3-ubyte': zeros(0, 2, 5) }, 't10k-images', /no images/],
    ['labels for images', { 'train-images-idx3-ubyte': labelled(1) }, 'train-images', /\(labels\)/],
    ['a file of zero bytes', { 't10k-labels-idx1-ubyte': new Uint8Array() }, 't10k-labels', /too early/],
  ];
  test.each(wrong)('%s', async (_, files, file, what) => {
    const directory = await directoryOf({ ...small, ...files });
    const error = await engineError(() => readDirectory(directory), 'bad-file', file);
    expect(error.exitCode).toBe(65);
    expect(error.describe()).toMatch(what);
  });
});
