/**
 * Small files that would take much memory or time, and large ones: each is refused by name, soon, and without
 * being unpacked.
 *
 * Memory is the peak of this process, which runs no other test: what a case adds to it is what reading took.
 */
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, crc32, deflateRawSync, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { withConfig } from './train/config.js';
import { findRun } from '../tools/serve/catalogue.js';
import { followMetrics } from '../tools/serve/metrics-file.js';
import { readTuning } from '../runs/tuning-file.js';
import { readDirectory } from '../data/directory.js';
import { parseIdxImages, parseNpzImages } from '../formats/testing/arrays.js';
import { parseCharacters } from '../data/synthetic/strokes.js';
import { decodePicture } from '../pictures/read.js';
import { parseSafetensors } from '../formats/safetensors.js';
import { parseTuning } from '../kernels/index.js';
import { openRun, parseCheckpoint } from '../runs/index.js';
import { gzipMember, join as bytesOf, npy, u32be, zip } from '../formats/testing/bytes.js';
import { chunk, header, signature, type PngKind } from '../pictures/testing/png-writer.js';
import { peakMemory } from '../testing/fuzz/run.js';

const gigabyte = 2 ** 30;
const block = new Uint8Array(2 ** 20);

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-bombs-'));
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

/** A deflate stream of `start` and a gigabyte of zeros, in one megabyte. */
function zeros(start: Uint8Array): Uint8Array {
  const flush = { level: 9, finishFlush: constants.Z_FULL_FLUSH };
  const megabyte = deflateRawSync(block, flush);
  const many = Array.from({ length: gigabyte / block.length }, () => megabyte);
  return bytesOf(deflateRawSync(start, flush), ...many, deflateRawSync(new Uint8Array()));
}

/** The checksum of the same content. */
function checksum(start: Uint8Array): number {
  let sum = crc32(start);
  for (let count = 0; count < gigabyte / block.length; count++) sum = crc32(block, sum);
  return sum;
}

const imagesHeader = bytesOf([0, 0, 8, 3], u32be(gigabyte / 1024, 32, 32));
const arrayHeader = npy([gigabyte / 1024, 32, 32], { data: new Uint8Array() });

const packedImages = (stated: Uint8Array): Uint8Array =>
  gzipMember(new Uint8Array(), {
    stream: zeros(stated),
    crc: checksum(stated),
    size: (stated.length + gigabyte) % 2 ** 32,
  });
const packedArray = (size: number): Uint8Array =>
  zip([
    {
      name: 'arr_0.npy',
      content: new Uint8Array(),
      packed: zeros(arrayHeader),
      crc: checksum(arrayHeader),
      size,
    },
  ]);

function picture(kind: PngKind, ...chunks: readonly Uint8Array[]): Uint8Array {
  return bytesOf(signature, header(kind), chunk('PLTE', new Uint8Array(3)), ...chunks, chunk('IEND'));
}
const large: PngKind = { width: 4096, height: 4096, depth: 8, colour: 6 };
const zlibBomb = (): Uint8Array => bytesOf([0x78, 0x9c], zeros(new Uint8Array()), u32be(1));

/** A safetensors file of this header. */
function tensors(text: string): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return bytesOf(length, text);
}

const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const config = (options: string): string => `{"schema": 1, "options": ${options}}`;

/** A file of the home directory. */
function put(name: string, content: string | Uint8Array): string {
  const path = join(home, name);
  writeFileSync(path, content);
  return path;
}

/** A file of two gigabytes that takes no room on the disk. */
function sparse(name: string): string {
  const path = join(home, name);
  const file = openSync(path, 'w');
  ftruncateSync(file, 2 * gigabyte);
  closeSync(file);
  return path;
}

const readConfig = (path: string): unknown => withConfig({ config: path });

/**
 * What reading one of these may add to the peak of the process, in bytes: JavaScript's own garbage, and a
 * bound of 64 MiB.
 */
const bound = 2 ** 28;

describe('a bomb is refused', () => {
  it.each<[name: string, make: () => unknown, read: (made: never) => unknown, message: RegExp]>([
    [
      'a gigabyte of images in a megabyte of gzip, whose header says so',
      () => packedImages(imagesHeader),
      (bytes: Uint8Array) => parseIdxImages(bytes, 'i.gz'),
      /far more data than images pack to[^]*at most 6\d,\d{3},\d{3} bytes/,
    ],
    [
      'a gigabyte behind the header of one image',
      () => packedImages(bytesOf([0, 0, 8, 3], u32be(1, 32, 32))),
      (bytes: Uint8Array) => parseIdxImages(bytes, 'i.gz'),
      /unpacks to more than it may[^]*at most 1,040 bytes/,
    ],
    [
      'a gigabyte in an .npz, whose directory says so',
      () => packedArray(arrayHeader.length + gigabyte),
      (bytes: Uint8Array) => parseNpzImages(bytes, 'i.npz'),
      /far more data than images pack to/,
    ],
    [
      'a gigabyte in an .npz, whose directory says less',
      () => packedArray(1000),
      (bytes: Uint8Array) => parseNpzImages(bytes, 'i.npz'),
      /unpacks to more than it may[^]*at most 1,000 bytes/,
    ],
    [
      'a picture of 12,000 x 12,000 pixels',
      () => picture({ ...large, width: 12_000, height: 12_000 }, chunk('IDAT', zlibBomb())),
      (bytes: Uint8Array) => decodePicture(bytes, 'a.png'),
      /the picture is too large/,
    ],
    [
      'a picture of eight bytes per pixel, most of them missing',
      () => picture({ ...large, depth: 16 }, chunk('IDAT', deflateSync(new Uint8Array(1000)))),
      (bytes: Uint8Array) => decodePicture(bytes, 'a.png'),
      /the picture is damaged/,
    ],
    [
      'a picture with a gigabyte of text, which is left alone',
      () =>
        picture(
          { ...large, width: 1, height: 1 },
          chunk('zTXt', bytesOf('a\0\0', zlibBomb())),
          chunk('IDAT', [1]),
        ),
      (bytes: Uint8Array) => decodePicture(bytes, 'a.png'),
      /the picture is damaged/,
    ],
    [
      'safetensors: half a million lists in each other',
      () => tensors(`{"a":${deep(500_000)}}`),
      (bytes: Uint8Array) => parseSafetensors(bytes, 'a'),
      /nested too deeply/,
    ],
    [
      'safetensors: a third of a million lists beside each other',
      () => tensors(`{"a":[${'[],'.repeat(300_000)}[]]}`),
      (bytes: Uint8Array) => parseSafetensors(bytes, 'a'),
      /its entry is wrong/,
    ],
    [
      'safetensors: ten thousand tensors of nothing in one place',
      () =>
        tensors(
          `{${Array.from({ length: 15_000 }, (_, i) => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}`).join(',')}}`,
        ),
      (bytes: Uint8Array) => parseSafetensors(bytes, 'a'),
      /gap before tensor/,
    ],
    [
      'a checkpoint with a shape of a hundred thousand sides',
      () => tensors(`{"a":{"dtype":"F32","shape":[${'1,'.repeat(100_000)}2],"data_offsets":[0,4]}}`),
      (bytes: Uint8Array) => parseCheckpoint(bytes, 'c'),
      /another size than its shape/,
    ],
    [
      'a config with a value of a million lists',
      () => put('wide.json', config(`{"lr": [${'[],'.repeat(1_000_000)}[]]}`)),
      readConfig,
      /options\.lr is wrong/,
    ],
    [
      'a config with a value of a hundred thousand lists in each other',
      () => put('deep.json', config(`{"lr": ${deep(100_000)}}`)),
      readConfig,
      /no file of wgsl-train[^]*nested too deeply/,
    ],
    [
      'a summary of ten million lists',
      () => put('summary.json', `{"schema":1,"selected":{},"variants":[${'[],'.repeat(10_000_000)}[]]}`),
      openRun,
      /millions of lists or texts/,
    ],
    [
      'a summary of ten million numbers',
      () => put('summary.json', `{"schema":1,"selected":{},"variants":[${'0,'.repeat(10_000_000)}0]}`),
      openRun,
      /title is wrong/,
    ],
    [
      'tuning choices in each other',
      () => `{"format":1,"adapter":"a","subgroupSize":8,"entries":[${deep(30_000)}]}`,
      (text: string) => parseTuning(text, 't'),
      /nested too deeply/,
    ],
    [
      'strokes in each other',
      () => `{"characters":[${deep(100_000)},1]}`,
      (text: string) => parseCharacters(text, 's'),
      /nested too deeply/,
    ],
  ])('%s', async (_, make, read, message) => {
    const made = make() as never;
    const before = peakMemory();
    const error = await refusalOf(() => read(made));
    expect(error.kind).toBe('bad-file');
    expect(error.describe()).toMatch(message);
    expect(error.describe().length).toBeLessThan(2000);
    expect(peakMemory() - before).toBeLessThan(bound);
  });
});

describe('a file of two gigabytes is not read', () => {
  it.each<[name: string, read: () => unknown]>([
    ['config.json', () => readConfig(sparse('config.json'))],
    ['tuning.json', () => readTuning(sparse('tuning.json'))],
    ['summary.json', () => openRun(sparse('summary.json'))],
    [
      'train-images-idx3-ubyte',
      () => {
        const names = ['train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'];
        for (const name of names) put(name, '');
        sparse('train-images-idx3-ubyte');
        return readDirectory(home);
      },
    ],
  ])('%s', async (_, read) => {
    const before = peakMemory();
    expect((await refusalOf(read)).describe()).toMatch(/too large|larger than is read/);
    expect(peakMemory() - before).toBeLessThan(bound);
  });

  it('by the page of runs, which shows what there is', () => {
    const run = join(home, 'run');
    mkdirSync(run);
    put(join('run', 'summary.json'), `{"experiment":2,"variants":[${'[],'.repeat(10_000_000)}[]]}`);
    const start = peakMemory();
    expect(findRun(home, ['run'])).toMatchObject({ state: 'finished', results: null });
    expect(peakMemory() - start).toBeLessThan(bound);
    for (const name of ['summary.json', 'config.json', 'running.json', 'environment.json', 'metrics.jsonl'])
      sparse(join('run', name));
    const before = peakMemory();
    expect(findRun(home, ['run'])).toMatchObject({
      state: 'finished',
      results: null,
      settings: null,
      last: null,
    });
    const follower = followMetrics(join(run, 'metrics.jsonl'));
    expect(follower.read()).toBe(true);
    expect(follower.metrics()).toEqual({ rows: [], unreadable: 0, cut: true });
    expect(peakMemory() - before).toBeLessThan(bound);
  });
});

async function refusalOf(action: () => unknown): Promise<EngineError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
