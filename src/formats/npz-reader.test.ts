import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { maxArrayBytes } from './array.js';
import { imagesOf } from './labelled.js';
import { parseNpy } from './npy.js';
import { unzipArrays } from './npz.js';
import { parseNpzImages, parseNpzLabels } from './testing/arrays.js';
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
  ['another name', npz(array, { name: 'images.npy' })],
  ['version 3.0', npz(npy([3, 2, 5], { start: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 3, 0] }))],
  ['big-endian bytes', npz(dict("{'descr': '>u1', 'fortran_order': False, 'shape': (3, 2, 5), }"))],
  ['one channel first', npz(npy([3, 1, 2, 5]))],
  ['one channel last', npz(npy([3, 2, 5, 1]))],
  ['a zip comment', zip([{ name: 'arr_0.npy', content: array }], { comment: 'made by hand' })],
];

function dict(header: string, data?: Uint8Array): Uint8Array {
  return npy([3, 2, 5], data === undefined ? { header } : { header, data });
}

describe('sound files', () => {
  test.each(good)('%s', (_, bytes) => {
    const read = parseNpzImages(bytes, 'i.npz');
    expect([read.count, read.rows, read.columns]).toEqual([3, 2, 5]);
    expect(Array.from(read.pixels)).toEqual(pixels);
  });

  test('several arrays, by name', () => {
    const bytes = zip(
      ['x_train.npy', 'y_train.npy', 'x.test.npy'].map((name, index) => ({
        name,
        content: [array, labels, array][index]!,
        method: [8, 0, 0][index]!,
        ...(index === 2 && { flags: 8, descriptor: true }),
      })),
    );
    const arrays = unzipArrays(bytes, 'i.npz');
    expect([...arrays.keys()]).toEqual(['x_train', 'y_train', 'x.test']);
    expect(arrays.get('x_train')).toEqual(Buffer.from(array));
  });

  test.each(['<u2', '>u2', '<i4', '>i4', '<i8', '>i8', '<u8', '<f4', '>f4', '<f8', '>f8', '|b1'])(
    'type %s in either order gives the same bytes',
    (descr) => {
      const values = Array.from({ length: 30 }, (_, index) => (descr === '|b1' ? index % 2 : 8 * index));
      const [rows, columns] = [2, 5];
      const place = (index: number): number => {
        const [image, row, column] = [Math.floor(index / 10), Math.floor(index / 5) % 2, index % 5];
        return image + 3 * (row + rows * column);
      };
      for (const fortran of [false, true]) {
        const size = Number(descr[2]);
        const view = new DataView(new ArrayBuffer(30 * size));
        values.forEach((value, index) => {
          const at = size * (fortran ? place(index) : index);
          if (descr[1] === 'f') view[`setFloat${(8 * size) as 32 | 64}`](at, value, descr.startsWith('<'));
          else if (size === 8) view.setBigUint64(at, BigInt(value), descr.startsWith('<'));
          else if (size === 1) view.setUint8(at, value);
          else view[`setUint${(8 * size) as 16 | 32}`](at, value, descr.startsWith('<'));
        });
        const order = fortran ? 'True' : 'False';
        const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (3, 2, 5), }`;
        const file = npy([3, rows, columns], { header, data: new Uint8Array(view.buffer) });
        const scale = descr === '|b1' ? 255 : 1;
        const { pixels: read } = imagesOf(parseNpy(file, 'x.npy'), 'x.npy');
        expect(Array.from(read), header).toEqual(values.map((value) => value * scale));
      }
    },
  );

  test('labels', () => {
    expect(Array.from(parseNpzLabels(npz(labels), 'l.npz'))).toEqual([0, 1, 2, 3]);
  });

  test('a file that numpy wrote', () => {
    const read = parseNpzImages(fromNumpy, 'i.npz');
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
  ['another kind of file', npz(array, { name: 'arr_0.txt' }), /arrays and nothing else[^]*arr_0\.txt/],
  ['a path as name', npz(array, { name: '../arr_0.npy' }), /zip structure is damaged/],
  ['an absolute name', npz(array, { name: '/arr_0.npy' }), /zip structure is damaged/],
  ['a name with a backslash', npz(array, { name: 'a\\arr_0.npy' }), /zip structure is damaged/],
  [
    'the name twice',
    zip(['arr_0.npy', 'arr_0.npy'].map((name) => ({ name, content: array }))),
    /different names/,
  ],
  [
    'more entries stated',
    zip([{ name: 'arr_0.npy', content: array }], { count: 9 }),
    /zip structure is damaged/,
  ],
  [
    'an entry hidden from the count',
    zip(
      [1, 2].map(() => ({ name: 'arr_0.npy', content: array })),
      { count: 1 },
    ),
    /55 bytes behind the entries of its directory/,
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
  ['control codes in a name', npz(array, { name: '\x1b2J' }), /arrays and nothing else[^]*u/],
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
  ['version 4.0', started(...numpy, 4, 0), /not in a known \.npy format/],
  ['a header length beyond the end', npz(npy([3, 2, 5], { headerLength: 65_535 })), /header ends too early/],
  ['a header length one short', npz(npy([3, 2, 5], { headerLength: 117 })), /header cannot be read/],
  ['a header length of 0', npz(npy([3, 2, 5], { headerLength: 0 })), /header cannot be read/],
  [
    'a header that only version 2.0 can state',
    npz(npy([3, 2, 5], { start: [...numpy, 2, 0], headerLength: 65_536, data: new Uint8Array(65_536) })),
    /array header is longer than any is[^]*65,536 bytes/,
  ],
  ['control codes in the header', npz(dict("\x9b2J{'descr': '|u1'}\x1b[2J")), /cannot be read[^]*\\u009b2J/],
  ['control codes in a type', typed("'\x1b2J\x07'"), /a type that is not read[^]*'\\u001b2J\\u0007'/],
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
  ['16 bits, cut', typed("'<u2'"), /30 bytes\n +expected: 60 bytes/],
  ['floats of 16 bits', typed("'<f2'"), /a type that is not read/],
  ['complex numbers', typed("'<c8'"), /a type that is not read/],
  ['objects', typed("'|O'"), /a type that is not read/],
  ['records', typed("[('a', '|u1')]"), /header cannot be read/],
  ['a number as type', typed('False'), /a type that is not read/],
  [
    'an order that is none',
    npz(dict("{'descr': '|u1', 'fortran_order': 'C', 'shape': (3, 2, 5), }")),
    /not read/,
  ],
  ['labels', npz(labels), /not one of images[^]*dimensions 4/],
  ['colours', npz(npy([3, 2, 5, 3])), /in colour/],
  ['five dimensions', npz(npy([3, 2, 5, 1, 1])), /not one of images/],
  ['30,000 dimensions', shaped(`(${'1,'.repeat(30_000)})`), /size that its shape states|not one of images/],
  ['no dimension', shaped('()'), /size that its shape/],
  ['no images', npz(npy([0, 28, 28])), /no images in it/],
  ['no rows', npz(npy([3, 0, 28])), /no images in it/],
  ['a negative dimension', shaped('(-3, 2, 5)'), /header cannot be read/],
  ['a fraction', shaped('(3.0, 2, 5)'), /header cannot be read/],
  ['an expression', shaped('(3 2, 5, 1)'), /shape of the array cannot be read/],
  ['a shape that is not a tuple', shaped("'3, 2, 5'"), /shape of the array cannot be read/],
  ['more data stated than there is', shaped('(4, 2, 5)'), /30 bytes\n +expected: 40 bytes/],
  ['less data stated than there is', shaped('(2, 2, 5)'), /30 bytes\n +expected: 20 bytes/],
  ['a shape beyond the bound', shaped(`(${maxArrayBytes + 1}, 1, 1)`), /more data than is read/],
  ['a shape beyond 2^53', shaped('(999999999999999, 999999999999999, 9)'), /more data than is read/],
];

describe('bad files', () => {
  test.each(bad)('%s', (_, bytes, what) =>
    expectBadFile(() => parseNpzImages(bytes, 'i.npz'), 'i.npz', what),
  );

  test('images in place of labels', () =>
    expectBadFile(() => parseNpzLabels(sound, 'l.npz'), 'l.npz', /not one of labels/));

  test('every way to cut a sound file', async () => {
    for (let length = 0; length < stored.length; length++)
      await expectBadFile(
        () => parseNpzImages(stored.subarray(0, length), 'i.npz'),
        'i.npz',
        /damaged|not an/,
      );
  });

  test('no flipped bit changes what is read', () => {
    for (const bytes of [stored, sound])
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const damaged = Uint8Array.from(bytes);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        try {
          expect(Array.from(parseNpzImages(damaged, 'i.npz').pixels)).toEqual(pixels);
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
        }
      }
  });
});
