/** Data sets out of files and from URLs; what a browser does with them runs in Node as well. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readDirectory } from '../data/directory.js';
import type { Dataset } from '../data/dataset.js';
import type { NamedFile } from '../data/listing.js';
import { files as served, serve, type Behaviour } from '../data/testing/server.js';
import { encodePng } from '../formats/png.js';
import { engineError, idx, npy, zip } from '../formats/testing/bytes.js';
import { resolveDataset as inBrowsers } from './browser-data.js';
import { resolveDataset as inNode } from './data.js';

type Contents = Readonly<Record<string, Uint8Array>>;

/** As a browser gives files that were chosen, or a folder. */
function chosen(contents: Contents, folder = ''): NamedFile[] {
  return Object.entries(contents).map(([path, bytes]) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    webkitRelativePath: folder === '' && !path.includes('/') ? '' : `${folder}${path}`,
    size: bytes.length,
    arrayBuffer: () => Promise.resolve(Uint8Array.from(bytes).buffer),
  }));
}

const roots: string[] = [];
afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));

async function directoryOf(contents: Contents): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'wgsl-train-'));
  roots.push(root);
  for (const [file, bytes] of Object.entries(contents)) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), bytes);
  }
  return root;
}

/** All but the pixels and labels, which the sha256 stands for. */
const facts = ({ train, test, ...others }: Dataset) => ({ ...others, counts: [train.count, test.count] });

const counted = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (7 * i) % 256);
const plain = {
  'train-images-idx3-ubyte': idx([3, 2, 5], counted(30)),
  'train-labels-idx1-ubyte': idx([3], Uint8Array.of(0, 2, 1)),
  't10k-images-idx3-ubyte': idx([2, 2, 5], counted(20)),
  't10k-labels-idx1-ubyte': idx([2], Uint8Array.of(1, 0)),
};
const packed = Object.fromEntries(
  Object.entries(plain).map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]),
);
const classes = { 'classes.txt': Buffer.from('ant\nbee\ncat\n') };

const png = (first: number, side = 4): Uint8Array =>
  encodePng({ width: side, height: 3, channels: 1, pixels: counted(3 * side).map((level) => level + first) });
const pictures: Contents = {
  'train/cat/b.png': png(20),
  'train/cat/a.png': png(0),
  'train/ant/1.png': png(40),
  'train/ant/more/2.png': png(90),
  'train/ant/.hidden.png': png(50),
  'train/ant/notes.txt': Buffer.from('no picture'),
  'test/cat/x.png': png(60),
  'test/ant/y.png': png(80),
};
const table: Contents = {
  'labels.csv': Buffer.from('file,label\na.png,ant\nb.png,cat\nc.png,cat\nd.png,ant\ne.png,ant\n'),
  ...Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name, i) => [`images/${name}.png`, png(10 * i)])),
};
const npz = {
  'set.npz': zip([
    { name: 'x.npy', content: npy([10, 2, 5]) },
    { name: 'y.npy', content: npy([10]) },
  ]),
};

describe.each([
  ['in Node', inNode],
  ['in a browser', inBrowsers],
])('%s', (_, resolveDataset) => {
  it.each<[string, Contents]>([
    ['IDX', plain],
    ['packed IDX with names of classes', { ...packed, ...classes }],
    ['a folder for each class', pictures],
    ['a CSV with pictures', table],
    ['one npz', npz],
    ['the folders of Kaggle', { ...plain, 'other.txt': new Uint8Array(3) }],
  ])('files are what they are in a directory: %s', async (__, contents) => {
    const expected = await readDirectory(await directoryOf(contents));
    for (const folder of ['', 'set/']) {
      const set = await resolveDataset(chosen(contents, folder));
      const { name, ...others } = facts(expected);
      expect(facts(set)).toEqual({
        ...others,
        name: folder === '' ? 'files' : 'set',
        notice: set.notice,
      });
      expect(set.notice).toBe(expected.notice?.replaceAll(name, set.name));
    }
  });

  it('pictures have the size that is asked for, and are counted', async () => {
    const seen: number[] = [];
    const set = await resolveDataset(chosen(pictures), {
      pictures: { size: [8, 8] },
      onPictures: (done) => seen.push(done),
    });
    expect([set.rows, set.columns, seen]).toEqual([8, 8, [6]]);
  });

  it.each<[string, NamedFile[], 'no-data' | 'bad-file', RegExp]>([
    [
      'no files',
      [],
      'no-data',
      /^files: there is no data set[^]*no files[^]*use synthetic, which needs none/,
    ],
    ['a file of another kind', chosen({ 'a.txt': new Uint8Array(9) }), 'no-data', /a\.txt/],
    ['a missing part', chosen(plain).slice(0, 3), 'no-data', /missing t10k-labels-idx1-ubyte/],
    [
      'a damaged file',
      chosen({ ...plain, 'train-labels-idx1-ubyte': counted(9) }),
      'bad-file',
      /^train-labels/,
    ],
    ['two sets', chosen({ ...prefixed('a-'), ...prefixed('b-') }), 'no-data', /2 data sets[^]*one of them/],
  ])('refuses %s', async (__, files, kind, message) => {
    const error = await engineError(() => resolveDataset(files), kind, '');
    expect(error.describe()).toMatch(message);
    expect(error.describe()).not.toMatch(/--\w/);
  });

  it('a file that is too large is refused before it is read', async () => {
    const files = chosen(plain).map((file) => ({
      ...file,
      size: 2 ** 40,
      arrayBuffer: () => Promise.reject(new Error('was read')),
    }));
    expect((await engineError(() => resolveDataset(files), 'bad-file', '')).message).toContain('too large');
  });

  it('a file that cannot be read, as after it changed on the disk, is named', async () => {
    const failing = { arrayBuffer: () => Promise.reject(new Error('NotReadableError')) };
    const files = chosen(plain).map((file) => ({ ...file, ...failing }));
    const error = await engineError(() => resolveDataset(files), 'no-data', 'train-images-idx3-ubyte');
    expect(error.found).toBe('NotReadableError');
  });

  it('names of files are names and nothing else', async () => {
    const names = [
      '__proto__/a.png',
      'constructor/b.png',
      '..\\..\\up/c.png',
      '<img onerror=x>/d.png',
      '//e.png',
    ];
    const set = await resolveDataset(chosen(Object.fromEntries(names.map((name, i) => [name, png(i)]))));
    expect(set.classNames).toEqual(['<img onerror=x>', '__proto__', 'constructor']);
  });

  describe('a URL', () => {
    const answer = async (behaviour: Behaviour, path = 'set', options = {}): Promise<unknown> => {
      const server = await serve(behaviour);
      try {
        return await resolveDataset(`${server.url}${path}`, options);
      } finally {
        await server.close();
      }
    };
    const below = (contents: Contents): Contents =>
      Object.fromEntries(Object.entries(contents).map(([name, bytes]) => [`set/${name}`, bytes]));

    it('gives the set in its folder, each file packed or plain', async () => {
      const expected = await resolveDataset(chosen(plain));
      const mixed = { ...plain, ...Object.fromEntries(Object.entries(packed).slice(0, 2)) };
      for (const contents of [plain, packed, mixed]) {
        const received: number[] = [];
        const set = await answer(served(below(contents)), 'set?version=1#top', {
          onProgress: (progress: { readonly received: number }) => received.push(progress.received),
        });
        const name = expect.stringMatching(/^http:\/\/127.*\/set\/$/) as unknown;
        expect(facts(set as Dataset)).toEqual({ ...facts(expected), name });
        expect(received.length).toBeGreaterThan(0);
      }
    });

    it.each<[string, Behaviour, 'no-data' | 'bad-file', RegExp]>([
      [
        'nothing there',
        (response) => response.writeHead(404).end(),
        'no-data',
        /HTTP 404 for http:.*set\/train-images-idx3-ubyte\.gz, HTTP 404 for http:.*ubyte\n/,
      ],
      ['an error', (response) => response.writeHead(503).end(), 'no-data', /HTTP 503 for http:/],
      [
        'a page',
        (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
        'no-data',
        /a page \(text\/html\)/,
      ],
      [
        'too much',
        (response) => response.writeHead(200, { 'content-length': 2 ** 40 }).write('x'),
        'bad-file',
        /too large\n +found: +1,099,511,627,776 bytes/,
      ],
      ['no answer', (response) => response.destroy(), 'no-data', /cannot be fetched[^]*CORS/],
    ])('refuses %s', async (__, behaviour, kind, message) => {
      const error = await engineError(() => answer(behaviour), kind, 'http://');
      expect(error.describe()).toMatch(message);
    });

    it('stops at the signal', async () => {
      const options = { signal: AbortSignal.timeout(50) };
      const silent: Behaviour = (response) => response.writeHead(200).write('x');
      await expect(answer(silent, 'set', options)).rejects.toMatchObject({ kind: 'interrupted' });
    });
  });
});

it('the synthetic set is the same in both, and the others are explained in a browser', async () => {
  const spec = 'synthetic:20/10';
  expect((await inBrowsers(spec)).sha256).toBe((await inNode(spec)).sha256);
  const seeded = { syntheticSeed: 3 };
  expect((await inBrowsers(spec, seeded)).sha256).toBe((await inNode(spec, seeded)).sha256);
  expect(await engineError(() => inBrowsers('kmnist'), 'no-data', 'KMNIST')).toMatchObject({
    remedy: expect.stringContaining('URL of a folder') as unknown,
  });
  for (const wrong of ['synthetic:x', 'data', ' '])
    expect((await engineError(() => inBrowsers(wrong), 'usage', '')).describe()).not.toContain('--');
});

function prefixed(prefix: string): Contents {
  return Object.fromEntries(Object.entries(plain).map(([name, bytes]) => [`${prefix}${name}`, bytes]));
}
