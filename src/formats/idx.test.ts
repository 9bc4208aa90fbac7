import { constants, crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { gunzip, gunzipStart } from './gzip.js';
import { maxArrayBytes } from './array.js';
import { parseIdxImages, parseIdxLabels } from './testing/arrays.js';
import { expectBadFile, gzipMember, idx, join, u32be } from './testing/bytes.js';

type Case = readonly [name: string, bytes: Uint8Array, what: RegExp];

const images = idx([3, 2, 5]);
const labels = idx([4]);
const page = join('<!DOCTYPE html><title>404</title> not here');

test('images and labels are read as they lie in the file, plain and packed', () => {
  for (const [bytes, file] of [
    [images, 'x'],
    [gzipSync(images), 'x.gz'],
    [gzipSync(images, { level: 0 }), 'x.gz'],
  ] as const) {
    const { count, rows, columns, pixels } = parseIdxImages(bytes, file);
    expect([count, rows, columns]).toEqual([3, 2, 5]);
    expect(Array.from(pixels)).toEqual(Array.from({ length: 30 }, (_, index) => index));
  }
  expect(Array.from(parseIdxLabels(gzipSync(labels), 'y.gz'))).toEqual([0, 1, 2, 3]);
  expect(parseIdxImages(idx([1, 1, 1]), 'x').pixels.length).toBe(1);
});

test('a file of several gzip members, with zeros behind or without, is the members put together', () => {
  for (const cuts of [[20], [3], [0, 10, 10, 40], [1, 2, 3, 4, 5, 6, 7, 8]]) {
    const ends = [...cuts, images.length];
    const members = ends.map((end, index) => gzipSync(images.subarray(ends[index - 1] ?? 0, end)));
    for (const padding of [0, 1, 512])
      expect(parseIdxImages(join(...members, new Uint8Array(padding)), 'x.gz').count).toBe(3);
  }
});

test('whether a file is packed is decided by its bytes', () => {
  expect(parseIdxImages(gzipSync(images), 'images').count).toBe(3);
  expect(parseIdxImages(images, 'images.gz').count).toBe(3);
});

/** IDX of another type; elements are big-endian. */
function typed(code: number, shape: readonly number[], values: readonly number[]): Uint8Array {
  const size = { 9: 1, 11: 2, 12: 4, 13: 4, 14: 8 }[code]!;
  const data = new DataView(new ArrayBuffer(size * values.length));
  values.forEach((value, index) => {
    if (code === 9) data.setInt8(index, value);
    else if (code === 11) data.setInt16(2 * index, value);
    else if (code === 12) data.setInt32(4 * index, value);
    else if (code === 13) data.setFloat32(4 * index, value);
    else data.setFloat64(8 * index, value);
  });
  return idx(shape, new Uint8Array(data.buffer), code);
}

test.each([
  [9, [2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 127], [0, 1, 2, 3, 4, 5, 6, 127], 'int8 in 0..255'],
  [11, [1, 2, 2], [0, 1, 200, 255], [0, 1, 200, 255], 'int16 in 0..255'],
  [12, [2, 4], [0, 1, 200, 255, 9, 8, 7, 6], [0, 1, 200, 255, 9, 8, 7, 6], 'int32 of 4 pixels in 0..255'],
  [13, [1, 1, 2, 2], [0, 0.2, 0.5, 1], [0, 51, 128, 255], 'float32 in 0..1'],
  [14, [1, 2, 2, 1], [0, 17, 254.6, 3], [0, 17, 255, 3], 'float64 in 0..255'],
  [13, [1, 2, 2], [-1, 0, 1, 0.5], [-1, 0, 1, 0.5], 'float32 in -1..1, read as f32 features'],
  [13, [1, 2, 2], [0, 0, 1.25, 0.5], [0, 0, 1.25, 0.5], 'float32 in 0..1.25, read as f32 features'],
])('IDX of type %i and dimensions %j', (code, shape, values, pixels, understood) => {
  const read = parseIdxImages(typed(code, shape, values), 'x');
  expect(Array.from(read.pixels)).toEqual(pixels);
  expect([read.rows, read.columns]).toEqual([2, 2]);
  expect(read.understood).toContain(understood);
  expect(Array.from(parseIdxLabels(typed(code, [3, 1], [3, 0, 9]), 'y'))).toEqual([3, 0, 9]);
});

test.each([
  ['NaN', typed(14, [1, 2, 2], [0, NaN, 1, 0.5]), /NaN at index 1/],
  ['16 bits', typed(11, [1, 2, 2], [0, 300, 1, 2]), /int16 from 0 to 300[^]*scale it/],
])('images with %s are asked about', (_, bytes, what) =>
  expectBadFile(() => parseIdxImages(bytes, 'i'), 'i', what),
);

test('a large array that packs to almost nothing is read whole', () => {
  const zeros = idx([1000, 28, 28], new Uint8Array(784_000));
  expect(parseIdxImages(gzipSync(zeros, { level: 9 }), 'x.gz').pixels.length).toBe(784_000);
});

const badImages: readonly Case[] = [
  ['empty file', new Uint8Array(), /header ends too early/],
  ['one byte', join([0]), /header ends too early/],
  ['magic only', join([0, 0, 8, 3]), /header ends too early/],
  ['half a header', images.subarray(0, 15), /header ends too early/],
  ['header only', images.subarray(0, 16), /data ends too early/],
  ['one byte short', images.subarray(0, 45), /found: +45 bytes\n +expected: 46 bytes/],
  ['one byte long', join(images, [0]), /found: +47 bytes\n +expected: 46 bytes/],
  ['two files in one', join(images, images), /bytes after the data/],
  ['first byte not zero', join([1], images.subarray(1)), /not an IDX file/],
  ['second byte not zero', join([0, 1], images.subarray(2)), /not an IDX file/],
  ['little-endian magic', join([3, 8, 0, 0], images.subarray(4)), /not an IDX file/],
  ['an unknown type', idx([3, 2, 5], undefined, 0x0a), /element type 0a/],
  ['floats, cut', idx([3, 2, 5], undefined, 0x0d), /data ends too early[^]*136 bytes/],
  ['labels', labels, /not one of images[^]*dimensions 4/],
  ['colours', idx([2, 4, 4, 3]), /in colour[^]*axis=3/],
  ['colours first', idx([2, 3, 5, 5]), /in colour[^]*axis=1/],
  ['five dimensions', idx([3, 2, 5, 1, 1]), /5 dimensions/],
  ['an HTML page', page, /HTML page/],
  ['a zip file', join('PK\x03\x04', new Uint8Array(30)), /zip file/],
  ['no images', idx([0, 28, 28]), /no images/],
  ['no rows', idx([3, 0, 28]), /no images/],
  ['no columns', idx([3, 28, 0]), /no images/],
  ['too many images', join([0, 0, 8, 3], u32be(0xffff_ffff, 28, 28)), /more data than is read/],
  ['product beyond 2^64', join([0, 0, 8, 3], u32be(0xffff_ffff, 0xffff_ffff, 0xffff_ffff)), /more data than/],
  ['one above the bound', join([0, 0, 8, 3], u32be(maxArrayBytes + 1, 1, 1)), /more data than is read/],
  ['at the bound, without data', join([0, 0, 8, 3], u32be(maxArrayBytes, 1, 1)), /data ends too early/],
];
describe('bad images', () => {
  test.each(badImages)('%s', (_, bytes, what) => expectBadFile(() => parseIdxImages(bytes, 'i'), 'i', what));
});

const badLabels: readonly Case[] = [
  ['images', images, /not one of labels[^]*dimensions 3 x 2 x 5/],
  ['a column per class', idx([3, 4]), /not one of labels[^]*argmax/],
  ['no labels', idx([0]), /no labels/],
  ['one short', labels.subarray(0, 11), /data ends too early/],
  ['one long', join(labels, [0]), /bytes after the data/],
  ['half a header', labels.subarray(0, 7), /header ends too early/],
  ['a negative one', idx([2], Uint8Array.of(1, 255), 9), /no class number[^]*-1 at index 1/],
  ['a large one', idx([2], Uint8Array.of(0, 1, 1, 0), 0x0b), /no class number[^]*256 at index 1/],
  ['a fraction', idx([1], Uint8Array.of(63, 0, 0, 0), 0x0d), /no class number[^]*0\.5 at index 0/],
];
describe('bad labels', () => {
  test.each(badLabels)('%s', (_, bytes, what) => expectBadFile(() => parseIdxLabels(bytes, 'l'), 'l', what));
});

const stream = deflateRawSync(images);
const flipped = join(stream).map((byte, index) => (index === stream.length - 3 ? byte ^ 0x10 : byte));
const header = (flags: number, ...more: number[]): Uint8Array =>
  join([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255], more);
const bomb = gzipSync(join(images, new Uint8Array(50_000_000)), { level: 9 });
/** 80 MB of nothing in 80 kB. */
const blank = gzipSync(idx([80, 1000, 1000], new Uint8Array(80_000_000)));
const longHeader = gzipMember(idx([50, 1000, 1000], new Uint8Array(10)));

const badGzip: readonly Case[] = [
  ['empty file', new Uint8Array(), /ends too early/],
  ['one byte', join([0x1f]), /not an IDX file/],
  ['an HTML page', page, /HTML page/],
  ['only the frame', join(header(0), new Uint8Array(7)), /ends too early/],
  ['method 0', gzipMember(images, { header: join([0x1f, 0x8b, 0], header(0).subarray(3)) }), /method 0/],
  ['a reserved flag', gzipMember(images, { header: header(0x20) }), /flags 32/],
  ['extra field beyond the end', gzipMember(images, { header: header(4, 255, 255) }), /ends too early/],
  ['name without end', join(header(8), 'abcdefghijkl'), /ends too early/],
  ['comment without end', join(header(16), 'abcdefghijkl'), /ends too early/],
  ['wrong header checksum', gzipMember(images, { header: header(2, 1, 2) }), /header does not match/],
  ['no trailer', join(header(0), stream), /ends too early/],
  ['half a trailer', gzipMember(images).subarray(0, -4), /ends too early/],
  ['one byte short', gzipMember(images).subarray(0, -1), /ends too early/],
  ['cut in the stream', gzipMember(images).subarray(0, 24), /ends too early/],
  ['wrong checksum', gzipMember(images, { crc: 1 }), /does not match its checksum/],
  ['wrong size', gzipMember(images, { size: 45 }), /46 bytes\n +expected: 45 bytes/],
  ['a flipped bit', gzipMember(images, { stream: flipped }), /damaged|checksum|too early|more than it may/],
  ['no deflate stream', gzipMember(images, { stream: join([7, 7, 7, 7, 7]) }), /compressed data is damaged/],
  ['trailing byte', join(gzipMember(images), [7]), /1 byte more/],
  ['trailing text', join(gzipMember(images), 'garbage'), /bytes after the end of the gzip data/],
  ['a text after zeros', join(gzipMember(images), [0, 0], 'x'), /bytes after the end/],
  [
    'a second member cut',
    join(gzipMember(images), gzipMember(images).subarray(0, -1)),
    /more than|too early/,
  ],
  ['a second member too large', join(gzipMember(images), gzipMember(images)), /unpacks to more than it may/],
  ['a bomb behind a small header', bomb, /unpacks to more than it may[^]*at most 46 bytes/],
  ['a header that the file cannot hold', longHeader, /more data than the file can hold/],
  ['far more than images pack to', blank, /far more data than images pack to[^]*at most 67,108,864 bytes/],
  ['nothing inside', gzipSync(new Uint8Array()), /header ends too early/],
  ['labels inside', gzipSync(labels), /not one of images/],
  ['a short file inside', gzipSync(images.subarray(0, 40)), /data ends too early/],
  ['gzip inside gzip', gzipSync(gzipSync(images)), /not an IDX file/],
  ['zlib, not gzip', join([0x78, 0x9c], stream, new Uint8Array(8)), /not an IDX file/],
];
describe('bad gzip', () => {
  test.each(badGzip)('%s', (_, bytes, what) =>
    expectBadFile(() => parseIdxImages(bytes, 'i.gz'), 'i.gz', what),
  );
});

test('every way to cut a sound packed file is refused', async () => {
  const packed = gzipSync(images);
  for (let length = 0; length < packed.length; length++)
    await expectBadFile(
      () => parseIdxImages(packed.subarray(0, length), 'i.gz'),
      'i.gz',
      /too early|found: +1f\n/,
    );
});

test('every optional part of a gzip header is understood', () => {
  const plain = header(4 + 8 + 16 + 2, 3, 0, 1, 2, 3, 0x61, 0, 0x62, 0);
  const sum = crc32(plain) & 0xffff;
  const packed = gzipMember(images, { header: join(plain, [sum & 255, sum >> 8]) });
  expect(Buffer.from(gunzip(packed, 46, 'x.gz')).equals(images)).toBe(true);
});

test('a bound is a bound: one byte less is refused, and a bomb costs no more than the bound', async () => {
  const packed = gzipSync(images);
  expect(gunzip(packed, 46, 'x').length).toBe(46);
  await expectBadFile(() => gunzip(packed, 45, 'x'), 'x', /at most 45 bytes/);
  expect(gunzipStart(bomb, 20, 'x').length).toBeLessThan(2 ** 21);
});

test('a stream that is flushed in the middle, as servers do, is one stream', () => {
  const first = deflateRawSync(images.subarray(0, 9), { finishFlush: constants.Z_SYNC_FLUSH });
  const packed = gzipMember(images, { stream: join(first, deflateRawSync(images.subarray(9))) });
  expect(parseIdxImages(packed, 'x.gz').count).toBe(3);
});

test('no flipped bit changes what is read: it is refused, or lies in a field without meaning', () => {
  const packed = gzipSync(images);
  let accepted = 0;
  for (let bit = 0; bit < packed.length * 8; bit++) {
    const damaged = Uint8Array.from(packed);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    try {
      expect(Buffer.from(parseIdxImages(damaged, 'i.gz').pixels).equals(images.subarray(16))).toBe(true);
      accepted++;
    } catch (error) {
      expect(error).toBeInstanceOf(EngineError);
    }
  }
  // Time, extra flags and system of the gzip header (48 bits), the text flag, and at most one spare bit more.
  expect(accepted).toBeGreaterThanOrEqual(49);
  expect(accepted).toBeLessThanOrEqual(64);
});
