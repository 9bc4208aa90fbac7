/** Data sets that a page reads out of files and from URLs are those that Node reads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../formats/png.js';
import { idx, npy, zip } from '../../formats/testing/bytes.js';
import * as library from '../../index.js';
import { findChromium } from '../chromium.js';
import { openLab, PageError, runIn, type Failure, type Lab } from './lab.js';
import { data } from './scenarios.js';
import { openTestSite, type TestSite } from './site.js';

const path = findChromium();

type Contents = Readonly<Record<string, Uint8Array>>;

const counted = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (7 * i) % 256);
const packed: Contents = {
  'train-images-idx3-ubyte.gz': gzipSync(idx([300, 28, 28], counted(300 * 784))),
  'train-labels-idx1-ubyte.gz': gzipSync(
    idx(
      [300],
      counted(300).map((label) => label % 3),
    ),
  ),
  't10k-images-idx3-ubyte.gz': gzipSync(idx([30, 28, 28], counted(30 * 784))),
  't10k-labels-idx1-ubyte.gz': gzipSync(
    idx(
      [30],
      counted(30).map((label) => label % 3),
    ),
  ),
};
const png = (first: number): Uint8Array => {
  const pixels = counted(12).map((level) => level + first);
  return encodePng({ width: 4, height: 3, channels: 1, pixels });
};
const pictures = Object.fromEntries(
  Array.from({ length: 12 }, (_, i) => [`${['ant', 'bee', 'cat'][i % 3]}/${i}.png`, png(10 * i)]),
);
const npz = {
  'set.npz': zip([
    { name: 'x.npy', content: npy([10, 2, 5]) },
    { name: 'y.npy', content: npy([10]) },
  ]),
};

const asFiles = (contents: Contents): { files: Record<string, string> } => ({
  files: Object.fromEntries(
    Object.entries(contents).map(([name, bytes]) => [`set/${name}`, Buffer.from(bytes).toString('base64')]),
  ),
});

describe.skipIf(path === null)('data in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wgsl-train-data-'));
  let lab: Lab;
  let elsewhere: TestSite;
  beforeAll(async () => {
    for (const [name, bytes] of Object.entries(packed)) writeFileSync(join(folder, name), bytes);
    lab = await openLab(path!, { webgpu: false, folders: { 'set/': folder } });
    elsewhere = await openTestSite({}, { 'set/': folder });
  });
  afterAll(async () => {
    await lab.close();
    await elsewhere.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What each of the sources is, in one page. */
  async function read(page: string, sources: readonly Parameters<typeof data>[1][]): Promise<unknown[]> {
    const tab = await lab.open(page);
    const answers: unknown[] = [];
    for (const source of sources)
      answers.push(
        await runIn(tab.page, 'data', source).catch((error: unknown) => {
          if (error instanceof PageError) return error.failure;
          throw error;
        }),
      );
    await tab.page.close();
    return answers;
  }

  it.each(['single', 'worker'])('is what it is in Node: %s', async (page) => {
    const sources = [asFiles(packed), asFiles(pictures), asFiles(npz), { url: 'synthetic:40/20' }];
    const [files, images, arrays, synthetic, near] = await read(page, [...sources, { url: '/set' }]);
    expect(files).toEqual(await data(library, sources[0]));
    expect(images).toEqual(await data(library, sources[1]));
    expect(arrays).toEqual(await data(library, sources[2]));
    expect(synthetic).toEqual(await data(library, sources[3]));
    expect(near).toEqual({ ...(files as object), name: `${lab.site.url}set/` });
  });

  it('is refused in words for a page', async () => {
    const bomb = Uint8Array.from(png(0));
    // A width of 2^30 pixels.
    bomb.set([0x40, 0, 0, 0], 16);
    const [foreign, missing, torn, hostile] = (await read('single', [
      { url: `${elsewhere.url}set/` },
      { url: 'nothing/here' },
      asFiles({ 'ant/a.png': png(0).subarray(0, 50), 'bee/b.png': png(1).subarray(0, 50) }),
      asFiles({ 'ant/a.png': bomb, 'bee/<b>.png': bomb }),
    ])) as Failure[];
    expect(foreign).toMatchObject({ kind: 'no-data', expected: expect.stringContaining('CORS') as unknown });
    expect(missing!.found).toMatch(/HTTP 404 for http:.*nothing\/here\/train-images-idx3-ubyte\.gz/);
    expect(torn).toMatchObject({
      kind: 'bad-file',
      found: expect.stringMatching(/a\.png.*damaged/) as unknown,
    });
    expect(hostile).toMatchObject({ kind: 'bad-file', found: expect.stringMatching(/too large/) as unknown });
  });
});
