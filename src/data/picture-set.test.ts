import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodePng } from '../formats/png.js';
import { engineError } from '../formats/testing/bytes.js';
import { readDirectory } from './directory.js';
import type { PictureOptions } from './picture-set.js';

let root = '';
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wgsl-train-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function directoryOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const directory = join(root, `set${++made}`);
  for (const [file, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), bytes);
  }
  return directory;
}

/** A grey picture of levels that count up from `first`. */
function png(first: number, [width, height] = [4, 3]): Uint8Array {
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => (first + Math.floor(i / 3)) % 256);
  return encodePng({ width, height, channels: 3, pixels });
}

const parts = {
  'train/cat/a.png': png(0),
  'train/cat/b.png': png(20),
  'train/ant/1.png': png(40),
  'test/cat/x.png': png(60),
  'test/ant/y.png': png(80),
};

describe('a folder for each class', () => {
  test('in train and test: names in order, levels as they are', async () => {
    const set = await readDirectory(await directoryOf(parts));
    expect(set).toMatchObject({ rows: 3, columns: 4, classes: 2, classNames: ['ant', 'cat'] });
    expect([...set.train.labels, ...set.test.labels]).toEqual([0, 1, 1, 0, 1]);
    expect([...set.train.pixels.subarray(0, 13)]).toEqual([
      40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 0,
    ]);
    expect(set.notice).toBe('5 pictures of 2 classes, read as 3 x 4');
  });

  test('without a test part: a fifth is drawn by a seed; numbers are in their order', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`${[10, 2, 1][i % 3]}/${i}.png`, png(8 * i)]),
    );
    const directory = await directoryOf(files);
    const set = await readDirectory(directory);
    expect(set.classNames).toEqual(['1', '2', '10']);
    expect([set.train.count, set.test.count]).toEqual([24, 6]);
    expect((await readDirectory(directory)).sha256).toBe(set.sha256);
    expect((await readDirectory(directory, { seed: 1 })).sha256).not.toBe(set.sha256);
    expect(set.notice).toContain('a fifth of them, drawn with seed 0, is the test set');
  });

  test('a validation folder is the test set where there is none', async () => {
    const files = Object.entries(parts).map(([name, bytes]) => [name.replace('test/', 'val/'), bytes]);
    const set = await readDirectory(await directoryOf(Object.fromEntries(files) as typeof parts));
    expect(set.test.count).toBe(2);
    expect(set.notice).toContain('val is the test set');
  });

  test('other files are passed over; what cannot be read, and what is there twice, is told', async () => {
    const set = await readDirectory(
      await directoryOf({
        ...parts,
        'train/.hidden/z.png': png(1),
        'train/__MACOSX/cat/z.png': png(1),
        'train/cat/Thumbs.db': 'x',
        'train/cat/.DS_Store': 'x',
        'train/cat/readme.txt': 'x',
        'train/cat/bad.png': '<html>',
        'train/ant/again.png': png(0),
        'test/cat/again.png': png(0),
      }),
    );
    expect([set.train.count, set.test.count, set.classes]).toEqual([4, 3, 2]);
    expect(set.notice).toMatch(/1 files that are no pictures/);
    expect(set.notice).toMatch(/1 files could not be read and are left out: .*bad\.png.*HTML/);
    expect(set.notice).toContain(
      '2 images are there already, 1 of them in both parts, 2 of them with another label',
    );
  });

  test('no class, one class and no picture that can be read are refused', async () => {
    const none = await directoryOf({ 'a.png': png(0) });
    await engineError(() => readDirectory(none), 'no-data', 'no data set');
    const one = await directoryOf({ 'cat/a.png': png(0), 'cat/b.png': png(0), 'cat/c.png': png(0) });
    await engineError(() => readDirectory(one), 'bad-file', 'only one class');
    const bad = await directoryOf({ 'cat/a.png': 'x', 'dog/b.png': 'x' });
    await engineError(() => readDirectory(bad), 'bad-file', 'none of its pictures');
  });
});

describe('pictures become images', () => {
  const mixed = { ...parts, 'train/cat/b.png': png(0, [80, 40]) };
  const first = async (files: typeof parts, options: PictureOptions): Promise<number[]> => {
    const { train, rows, columns } = await readDirectory(await directoryOf(files), options);
    return [rows, columns, train.pixels[0]!];
  };

  test('of the size that is asked for, or of 28 x 28 where they differ', async () => {
    expect(await first(mixed, {})).toEqual([28, 28, 47]);
    expect(await first(parts, { size: [6, 8] })).toEqual([6, 8, 40]);
    expect(await first(parts, { size: [9, 4] })).toEqual([9, 4, 47]);
  });

  test('of the polarity that is asked for', async () => {
    expect(await first(parts, { polarity: 'invert' })).toEqual([3, 4, 215]);
    expect(await first(parts, { polarity: 'dark' })).toEqual([3, 4, 40]);
    const light = { ...parts, 'train/ant/1.png': png(200) };
    expect(await first(light, { polarity: 'dark' })).toEqual([3, 4, 55]);
  });

  test('of the colour that is asked for', async () => {
    const red = encodePng({
      width: 4,
      height: 3,
      channels: 3,
      pixels: Uint8Array.from({ length: 36 }, (_, i) => 200 * +(i % 3 === 0)),
    });
    const files = { ...parts, 'train/ant/1.png': red };
    for (const [grey, level] of [
      ['brightness', 60],
      ['average', 67],
      ['red', 200],
      ['blue', 0],
    ] as const)
      expect(await first(files, { grey }), grey).toEqual([3, 4, level]);
  });
});

describe('a CSV', () => {
  const pictures = {
    'images/a.png': png(0),
    'images/b.png': png(20),
    'images/c.png': png(40),
    'images/d.png': png(60),
  };

  test.each([
    [
      'with a head',
      'file,label\nimages/a.png,cat\nimages/b.png,dog\nimages/c.png,cat\nimages/d.png,"a, b"\n',
    ],
    [
      'with other columns',
      '\ufeffsize;filename;Class\r\n1;a.png;cat\r\n1;b.png;dog\r\n2;c.png;cat\r\n2;d.png;"a, b"',
    ],
    ['of names without endings', 'id\tlabel\na\tcat\nb\tdog\nc\tcat\nd\ta, b\n'],
    ['without a head', 'images\\a.png,cat\n./images/b.png,dog\nc.png,cat\nd.png,"a, b"'],
  ])('%s', async (_, text) => {
    const set = await readDirectory(await directoryOf({ ...pictures, 'labels.csv': text }));
    expect(set.classNames).toEqual(['a, b', 'cat', 'dog']);
    expect(set.train.count + set.test.count).toBe(4);
  });

  test('for each part, with rows and pictures that do not belong together told', async () => {
    const set = await readDirectory(
      await directoryOf({
        ...pictures,
        'train.csv': 'file,label\na.png,cat\nb.png,dog\nnowhere.png,cat\n../../x.png,dog',
        'test.csv': 'file,label\nc.png,cat',
      }),
    );
    expect([set.train.count, set.test.count]).toEqual([2, 1]);
    expect(set.notice).toContain('2 rows name no picture with a label (nowhere.png)');
    expect(set.notice).toContain('1 pictures that no row names were passed over');
  });

  test('one that is none is refused', async () => {
    const directory = await directoryOf({ ...pictures, 'labels.csv': 'file,label\n"a.png"x,cat' });
    await engineError(() => readDirectory(directory), 'bad-file', 'not a table of text');
  });
});
