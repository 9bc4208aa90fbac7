import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { maxArrayBytes } from './idx.js';
import { parseNpzImages, parseNpzLabels } from './npz.js';
import { expectBadFile, join, npy, zip, type ZipEntry } from './testing/bytes.js';

const array = npy([3, 2, 5]);
const labels = npy([4]);
const pixels = Array.from({ length: 30 }, (_, index) => index);

function npz(content: Uint8Array, change: Partial<ZipEntry> = {}): Uint8Array {
  return zip([{ name: 'arr_0.npy', content, ...change }]);
}

/** numpy's own writer, `savez_compressed` of a 2x2x2 array, with zip64 sizes in the local header. */
const fromNumpy = Buffer.from(
  'UEsDBC0AAAAIAAAAIQAF4VIo//////////8JABQAYXJyXzAubnB5AQAQAIgAAAAAAAAATwAAAAAAAACb7BfqGxDJyFDGUK2e' +
    'klqcXKRupaBeU2qorqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgogpKmjUKtAHuDiEpHTMLJxCwAAUEsBAi0D' +
    'LQAAAAgAAAAhAAXhUihPAAAAiAAAAAkAAAAAAAAAAAAAAIABAAAAAGFycl8wLm5weVBLBQYAAAAAAQABADcAAACKAAAAAAA=',
  'base64',
);

const good: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ['packed', npz(array)],
  ['stored', npz(array, { method: 0 })],
  ['version 2.0', npz(npy([3, 2, 5], { start: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0] }))],
  ['keys in another order', npz(dict("{'shape': (3, 2, 5), 'fortran_order': False, 'descr': '|u1'}"))],
  ['the numbers of Python 2', npz(dict("{'descr': '|u1', 'fortran_order': False, 'shape': (3L, 2L, 5L), }"))],
  ['stored, with a data descriptor', npz(array, { method: 0, flags: 8, descriptor: true })],
  ['a zip comment', zip([{ name: 'arr_0.npy', content: array }], { comment: 'made by hand' })],
];

function dict(header: string, data?: Uint8Array): Uint8Array {
  return npy([3, 2, 5], data === undefined ? { header } : { header, data });
}

describe('sound files', () => {
  test.each(good)('%s', async (_, bytes) => {
    const read = await parseNpzImages(bytes, 'i.npz');
    expect([read.count, read.rows, read.columns]).toEqual([3, 2, 5]);
    expect(Array.from(read.pixels)).toEqual(pixels);
  });

  test('labels', async () => {
    expect(Array.from(await parseNpzLabels(npz(labels), 'l.npz'))).toEqual([0, 1, 2, 3]);
  });

  test('a file that numpy wrote', async () => {
    const read = await parseNpzImages(fromNumpy, 'i.npz');
    expect([read.count, read.rows, read.columns]).toEqual([2, 2, 2]);
    expect(Array.from(read.pixels)).toEqual([10, 20, 30, 40, 50, 60, 70, 80]);
  });
});

const sound = npz(array);
const stored = npz(array, { method: 0 });
const typed = (descr: string): Uint8Array =>
  npz(dict(`{'descr': ${descr}, 'fortran_order': False, 'shape': (3, 2, 5), }`));
const shaped = (shape: string): Uint8Array =>
  npz(dict(`{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`));
const started = (...start: number[]): Uint8Array => npz(npy([3, 2, 5], { start }));
const numpy = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;

const bad: readonly (readonly [name: string, bytes: Uint8Array, what: RegExp])[] = [
  // the zip around it
  ['empty file', new Uint8Array(), /not an \.npz file[^]*found: +nothing/],
  ['a bare .npy', array, /not an \.npz file/],
  ['an HTML page', join('<!DOCTYPE html>'), /not an \.npz file/],
  ['signature only', join('PK\x03\x04'), /zip structure is damaged/],
  ['cut in the middle', sound.subarray(0, 60), /zip structure is damaged/],
  ['without its last byte', sound.subarray(0, -1), /zip structure is damaged/],
  ['a byte after its end', join(sound, [0]), /zip structure is damaged/],
  ['a kilobyte after its end', join(sound, new Uint8Array(1024)), /zip structure is damaged/],
  ['a byte in front', join('PK', sound), /zip structure is damaged/],
  ['no entry', zip([]), /not an \.npz file|0 entries/],
  ['another name', npz(array, { name: 'arr_1.npy' }), /exactly one array[^]*arr_1\.npy/],
  ['a path as name', npz(array, { name: '../arr_0.npy' }), /zip structure is damaged/],
  ['an absolute name', npz(array, { name: '/arr_0.npy' }), /zip structure is damaged/],
  ['a name with a backslash', npz(array, { name: 'a\\arr_0.npy' }), /zip structure is damaged/],
  ['two arrays', zip(['arr_0.npy', 'arr_1.npy'].map((name) => ({ name, content: array }))), /2 entries/],
  ['the name twice', zip(['arr_0.npy', 'arr_0.npy'].map((name) => ({ name, content: array }))), /2 entries/],
  ['more entries stated', zip([{ name: 'arr_0.npy', content: array }], { count: 9 }), /9 entries/],
  [
    'an entry hidden from the count',
    zip(
      [1, 2].map(() => ({ name: 'arr_0.npy', content: array })),
      { count: 1 },
    ),
    /belong to no array/,
  ],
  ['encrypted', npz(array, { flags: 1 }), /encrypted/],
  ['strongly encrypted', npz(array, { flags: 0x41 }), /zip structure is damaged[^]*encryption/],
  ['an unknown method', npz(array, { method: 12 }), /compression method 12/],
  ['wrong checksum', npz(array, { crc: 1 }), /does not match its checksum/],
  ['wrong checksum, stored', npz(array, { crc: 1, method: 0 }), /does not match its checksum/],
  ['larger than stated', npz(array, { size: array.length - 1 }), /unpacks to more than it may/],
  ['smaller than stated', npz(array, { size: array.length + 1 }), /size that the zip directory states/],
  ['stored with two sizes', npz(array, { method: 0, size: 5 }), /zip structure is damaged/],
  ['packed size too large', npz(array, { packedSize: 10_000 }), /zip structure is damaged/],
  ['packed size too small', npz(array, { packedSize: 20 }), /belong to no array/],
  [
    'bytes after the packed data',
    npz(array, { packed: join(deflateRawSync(array), [1, 2]) }),
    /size that the zip/,
  ],
  ['no deflate stream', npz(array, { packed: join([7, 7, 7, 7]) }), /compressed data is damaged/],
  ['empty packed data', npz(array, { packed: new Uint8Array() }), /ends too early/],
  ['a bomb behind a small size', npz(new Uint8Array(50_000_000), { size: 200 }), /at most 200 bytes/],
  ['a stated size beyond the bound', npz(array, { size: 0xf000_0000 }), /states more data than is read/],
  [
    'far more data stated than such a file unpacks to',
    npz(array, { size: 2 ** 27 }),
    /far more data than images/,
  ],
  ['control codes in a name', npz(array, { name: '\x9b2J' }), /exactly one array[^]*u/],
  ['an empty array file', npz(new Uint8Array()), /not in a known \.npy format/],
  // the array inside it
  ['the array cut in its magic', npz(array.subarray(0, 5)), /not in a known \.npy format/],
  ['the array cut in its length', npz(array.subarray(0, 9)), /array header ends too early/],
  ['the array cut in its header', npz(array.subarray(0, 80)), /array header ends too early/],
  ['the array without data', npz(array.subarray(0, 128)), /0 bytes\n +expected: 30 bytes/],
  ['the array one byte short', npz(array.subarray(0, -1)), /29 bytes\n +expected: 30 bytes/],
  ['the array one byte long', npz(join(array, [0])), /31 bytes\n +expected: 30 bytes/],
  ['an IDX file inside', npz(join([0, 0, 8, 3], new Uint8Array(40))), /not in a known \.npy format/],
  ['wrong magic', started(0x92, ...numpy.slice(1), 1, 0), /not in a known \.npy format/],
  ['version 0.1', started(...numpy, 0, 1), /not in a known \.npy format/],
  ['version 1.1', started(...numpy, 1, 1), /not in a known \.npy format/],
  ['version 3.0', started(...numpy, 3, 0), /not in a known \.npy format/],
  ['a header length beyond the end', npz(npy([3, 2, 5], { headerLength: 65_535 })), /header ends too early/],
  ['a header length one short', npz(npy([3, 2, 5], { headerLength: 117 })), /header cannot be read/],
  ['a header length of 0', npz(npy([3, 2, 5], { headerLength: 0 })), /header cannot be read/],
  [
    'a header that only version 2.0 can state',
    npz(npy([3, 2, 5], { start: [...numpy, 2, 0], headerLength: 65_536, data: new Uint8Array(65_536) })),
    /array header is longer than any is[^]*65,536 bytes/,
  ],
  ['control codes in the header', npz(dict("\x9b2J{'descr': '|u1'}\x1b[2J")), /cannot be read[^]*\\u009b2J/],
  ['control codes in a type', typed("'\x1b2J\x07'"), /another type or order[^]*'\\u001b2J\\u0007'/],
  ['no dict', npz(dict('[1, 2, 3]')), /header cannot be read/],
  ['an empty dict', npz(dict('{}')), /header cannot be read/],
  ['no descr', npz(dict("{'fortran_order': False, 'shape': (3, 2, 5), }")), /header cannot be read/],
  ['no order', npz(dict("{'descr': '|u1', 'shape': (3, 2, 5), }")), /header cannot be read/],
  ['no shape', npz(dict("{'descr': '|u1', 'fortran_order': False, }")), /header cannot be read/],
  [
    'a key twice',
    npz(dict("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (3, 2, 5), }")),
    /cannot/,
  ],
  [
    'a key too many',
    npz(dict("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2, 5), 'x': 1, }")),
    /cannot/,
  ],
  [
    'code for a value',
    npz(dict("{'descr': '|u1', 'fortran_order': f(), 'shape': (3, 2, 5), }")),
    /cannot be read/,
  ],
  [
    'text after the dict',
    npz(dict("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2, 5), } x")),
    /cannot/,
  ],
  ['signed bytes', typed("'|i1'"), /another type or order[^]*\|i1/],
  ['booleans', typed("'|b1'"), /another type or order/],
  ['16 bits', typed("'<u2'"), /another type or order/],
  ['floats', typed("'<f4'"), /another type or order/],
  ['objects', typed("'|O'"), /another type or order/],
  ['records', typed("[('a', '|u1')]"), /header cannot be read/],
  ['a number as type', typed('False'), /another type or order/],
  ['Fortran order', npz(dict("{'descr': '|u1', 'fortran_order': True, 'shape': (3, 2, 5), }")), /order True/],
  ['labels', npz(labels), /another shape[^]*\(4,\)/],
  ['two dimensions', npz(npy([3, 10])), /another shape/],
  ['four dimensions', npz(npy([3, 2, 5, 1])), /another shape/],
  [
    '30,000 dimensions',
    shaped(`(${'1,'.repeat(30_000)})`),
    /another shape\n +found: +shape \((1,)+1?\.\.\.\n/,
  ],
  ['no dimension', shaped('()'), /another shape/],
  ['no images', npz(npy([0, 28, 28])), /another shape/],
  ['no rows', npz(npy([3, 0, 28])), /another shape/],
  ['a negative dimension', shaped('(-3, 2, 5)'), /header cannot be read/],
  ['a fraction', shaped('(3.0, 2, 5)'), /header cannot be read/],
  ['an expression', shaped('(3 2, 5, 1)'), /another shape/],
  ['a shape that is not a tuple', shaped("'3, 2, 5'"), /another shape/],
  ['more data stated than there is', shaped('(4, 2, 5)'), /30 bytes\n +expected: 40 bytes/],
  ['less data stated than there is', shaped('(2, 2, 5)'), /30 bytes\n +expected: 20 bytes/],
  ['a shape beyond the bound', shaped(`(${maxArrayBytes + 1}, 1, 1)`), /size that its shape states/],
  ['a shape beyond 2^53', shaped('(999999999999999, 999999999999999, 9)'), /size that its shape states/],
];

describe('bad files', () => {
  test.each(bad)('%s', (_, bytes, what) =>
    expectBadFile(() => parseNpzImages(bytes, 'i.npz'), 'i.npz', what),
  );

  test('images in place of labels', () =>
    expectBadFile(() => parseNpzLabels(sound, 'l.npz'), 'l.npz', /another shape/));

  test('every way to cut a sound file', async () => {
    for (let length = 0; length < stored.length; length++)
      await expectBadFile(
        () => parseNpzImages(stored.subarray(0, length), 'i.npz'),
        'i.npz',
        /damaged|not an/,
      );
  });

  test('no flipped bit changes what is read', async () => {
    for (const bytes of [stored, sound])
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const damaged = Uint8Array.from(bytes);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        try {
          expect(Array.from((await parseNpzImages(damaged, 'i.npz')).pixels)).toEqual(pixels);
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
        }
      }
  });
});
