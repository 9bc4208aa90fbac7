import { describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { encodeSafetensors, parseSafetensors } from './safetensors.js';
import { maxHeaderBytes } from './safetensors.js';
import type { Tensor, Tensors } from './tensor.js';
import { integers, uniform } from '../../kernels.test/arrays.js';
import { expectBadFile, join } from './testing/bytes.js';

const name = 'model.safetensors';

/** A file whose header is this text, or this value as JSON; the data counts up from 0. */
function file(header: unknown, data: Uint8Array | number = 8, length?: number | bigint): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(length ?? text.length));
  return join(size, text, typeof data === 'number' ? Uint8Array.from({ length: data }, (_, i) => i) : data);
}

/** A header with one tensor `a`, sound by default: two F32 in the 8 bytes of `file`. */
function one(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...change } };
}

const bytes = (start: number, end: number): object => ({
  dtype: 'U8',
  shape: [end - start],
  data_offsets: [start, end],
});

const everyType: Tensors = new Map<string, Tensor>([
  [
    '1.weight',
    { shape: [2, 3], data: Float32Array.of(1.5, -0, NaN, Infinity, -1e-45, 3.4028234663852886e38) },
  ],
  ['0.bytes', { shape: [3], data: Uint8Array.of(0, 128, 255) }],
  ['step', { shape: [], data: BigInt64Array.of(-(2n ** 63n)) }],
  ['counters', { shape: [2, 1], data: Uint32Array.of(0, 2 ** 32 - 1) }],
  ['loss', { shape: [1], data: Float64Array.of(Math.PI) }],
  ['nothing', { shape: [0, 7], data: new Float32Array() }],
  ['__proto__', { shape: [1], data: Float32Array.of(7) }],
  ['12', { shape: [1], data: Float32Array.of(8) }],
]);
const texts = new Map([
  ['producer', 'a "quoted" \\ text\n'],
  ['7', 'お'],
  ['__proto__', 'a name like any other'],
]);

describe('a written file', () => {
  test('gives back every type, shape and value, and the metadata', () => {
    const { tensors, metadata } = parseSafetensors(encodeSafetensors(everyType, texts), name);
    expect(new Map(tensors)).toEqual(everyType);
    expect(new Map(metadata)).toEqual(texts);
  });

  test('is the same bytes in whatever order the tensors come', () => {
    const reversed = new Map([...everyType].toReversed());
    expect(encodeSafetensors(reversed, texts)).toEqual(encodeSafetensors(everyType, texts));
  });

  test('is laid out as the format says: sorted by width, then name; padded to 8 bytes', () => {
    const written = encodeSafetensors(
      new Map<string, Tensor>([
        ['b', { shape: [1], data: Uint8Array.of(9) }],
        ['0.weight', { shape: [1, 2], data: Float32Array.of(1, 2) }],
        ['0.bias', { shape: [1], data: Float32Array.of(3) }],
      ]),
      new Map([['k', 'v']]),
    );
    const header =
      '{"__metadata__":{"k":"v"},' +
      '"0.bias":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
      '"0.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]},' +
      '"b":{"dtype":"U8","shape":[1],"data_offsets":[12,13]}}';
    const length = Math.ceil(header.length / 8) * 8;
    const data = [0, 0, 0x40, 0x40, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 9];
    expect(Buffer.from(written)).toEqual(Buffer.from(file(header.padEnd(length), Uint8Array.from(data))));
  });

  test('can be empty', () => {
    const { tensors, metadata } = parseSafetensors(encodeSafetensors(new Map()), name);
    expect([tensors.size, metadata.size]).toEqual([0, 0]);
  });

  test('is read wherever it lies in memory, into tensors of their own', () => {
    const values = uniform(100, 1);
    const written = encodeSafetensors(new Map([['w', { shape: [100], data: values }]]));
    for (let shift = 0; shift < 8; shift++) {
      const memory = new Uint8Array(written.length + shift);
      memory.set(written, shift);
      const { tensors } = parseSafetensors(memory.subarray(shift), name);
      memory.fill(0xff);
      expect(tensors.get('w')?.data).toEqual(values);
    }
  });

  test('reads unaligned data, which other writers leave', () => {
    const data = join(
      [7],
      Uint8Array.from({ length: 8 }, (_, i) => i),
    );
    const odd = file({ b: bytes(0, 1), a: { dtype: 'F32', shape: [2], data_offsets: [1, 9] } }, data);
    const { tensors } = parseSafetensors(odd, name);
    expect(tensors.get('a')?.data).toEqual(new Float32Array(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7).buffer));
  });

  test.each<[string, Tensors]>([
    ['a tensor that does not fill its shape', new Map([['w', { shape: [3], data: new Float32Array(2) }]])],
    ['a fraction for a side', new Map([['w', { shape: [0.5, 4], data: new Float32Array(2) }]])],
    ['the reserved name', new Map([['__metadata__', { shape: [1], data: new Float32Array(1) }]])],
    [
      'a header that no reader takes',
      new Map([['w'.repeat(maxHeaderBytes), { shape: [], data: new Uint8Array(1) }]]),
    ],
  ])('is not made of %s', (_, tensors) => {
    expect(() => encodeSafetensors(tensors)).toThrow(EngineError);
  });
});

const sound = file(one());
/** JSON that can be read, and not be written again. */
const nested = '['.repeat(100_000) + ']'.repeat(100_000);
const bad: readonly (readonly [what: string, bytes: Uint8Array, message: RegExp])[] = [
  // the frame
  ['nothing', new Uint8Array(), /not a safetensors file[^]*0 bytes/],
  ['seven bytes', sound.subarray(0, 7), /not a safetensors file/],
  ['a header longer than the file', file(one(), 0, 1000), /longer than the file[^]*1,000 bytes/],
  ['a header of 2^64 - 1 bytes', file(one(), 8, 2n ** 64n - 1n), /18,446,744,073,709,551,615/],
  [
    'a header beyond the bound',
    file(`${JSON.stringify(one())}${' '.repeat(maxHeaderBytes)}`),
    /at most 1,048,576/,
  ],
  ['a zip file', join('PK\x03\x04', new Uint8Array(60)), /longer than the file/],
  // the JSON
  ['an empty header', file(''), /not a JSON object/],
  ['a header cut short', file(one(), 8, 20), /not JSON/],
  ['bytes that are not UTF-8', file(one()).map((byte) => (byte === 0x61 ? 0xff : byte)), /not JSON/],
  ['a byte order mark', file(`\ufeff${JSON.stringify(one())}`), /not a JSON object/],
  ['text after the object', file(`${JSON.stringify(one())} x`), /not JSON/],
  ['NaN in the JSON', file('{"a":NaN}'), /not JSON/],
  ['control codes in what is no JSON', file('\x1b[2J{}'), /not a JSON object[^]*\\u001b/],
  ['an array', file([]), /not a JSON object/],
  ['null', file('null'), /not a JSON object/],
  ['a text', file('"{}"'), /not a JSON object/],
  ['a blank before the object', file(` ${JSON.stringify(one())}`), /not a JSON object/],
  ['200,000 open brackets', file('['.repeat(200_000)), /not a JSON object/],
  // names
  [
    'a tensor twice',
    file(`{"a":${JSON.stringify(bytes(0, 4))},"a":${JSON.stringify(bytes(4, 8))}}`),
    /"a" more than/,
  ],
  [
    'a tensor twice, once in escapes',
    file(`{"a":${JSON.stringify(bytes(0, 4))},"\\u0061":${JSON.stringify(bytes(4, 8))}}`),
    /name twice/,
  ],
  [
    'a field twice',
    file(JSON.stringify(one()).replace('"dtype"', '"shape":[1,2],"dtype"')),
    /"shape" more than/,
  ],
  [
    'metadata twice',
    file(JSON.stringify(one()).replace('{', '{"__metadata__":{},"__metadata__":{},')),
    /name twice/,
  ],
  ['a text of the metadata twice', file('{"__metadata__":{"k":"1","k":"2"}}', 0), /"k" more than once/],
  // metadata
  ['metadata that is a text', file({ __metadata__: 'x', ...one() }), /object of texts[^]*"x"/],
  ['metadata that is null', file({ __metadata__: null, ...one() }), /object of texts/],
  ['metadata that is an array', file({ __metadata__: ['x'], ...one() }), /object of texts/],
  [
    'a number in the metadata',
    file({ __metadata__: { fine: '', step: 3 }, ...one() }),
    /object of texts[^]*"step":3/,
  ],
  // entries
  ['an entry that is a number', file({ a: 1 }), /tensor "a": its entry is wrong/],
  ['an entry that is null', file({ a: null }), /tensor "a": its entry is wrong/],
  ['an entry without a type', file(one({ dtype: undefined })), /tensor "a": dtype is wrong/],
  ['an entry without a shape', file(one({ shape: undefined })), /"a": shape is wrong/],
  ['an entry without a place', file(one({ data_offsets: undefined })), /"a": data_offsets is wrong/],
  ['a field too many', file(one({ strides: [1] })), /its entry is wrong[^]*strides/],
  ['a type that is not read', file(one({ dtype: 'BF16', shape: [4] })), /dtype is wrong[^]*"BF16"[^]*F32/],
  ['a type that every object has', file(one({ dtype: 'constructor' })), /dtype is wrong/],
  ['a type that is a number', file(one({ dtype: 32 })), /dtype is wrong/],
  ['a shape that is a number', file(one({ shape: 2 })), /shape is wrong/],
  ['a shape of texts', file(one({ shape: ['2'] })), /shape\[0\] is wrong/],
  ['a negative side', file(one({ shape: [-1, -2] })), /shape\[0\] is wrong[^]*-1/],
  ['a fraction for a side', file(one({ shape: [0.5, 4] })), /shape\[0\] is wrong/],
  ['a side of 1e400', file(JSON.stringify(one()).replace('[2]', '[1e400]')), /shape\[0\] is wrong/],
  ['a product beyond 2^53', file(one({ shape: [2 ** 27, 2 ** 27, 0] })), /shape is wrong[^]*2\^53/],
  [
    'a size beyond the file',
    file(one({ shape: [2 ** 40], data_offsets: [0, 2 ** 42] })),
    /data ends too early/,
  ],
  ['a shape of lists in each other', file(JSON.stringify(one()).replace('[2]', nested)), /nested too deeply/],
  ['an entry of lists in each other', file(`{"a":${nested}}`), /nested too deeply/],
  [
    'a shape of 50,000 sides',
    file(one({ shape: [...Array.from({ length: 50_000 }, () => 1), 3] })),
    /F32 of shape \[(1, )+1?,? ?\.\.\.\n/,
  ],
  // places
  ['one offset', file(one({ data_offsets: [0] })), /data_offsets is wrong/],
  ['three offsets', file(one({ data_offsets: [0, 8, 8] })), /data_offsets is wrong/],
  ['offsets of texts', file(one({ data_offsets: ['0', '8'] })), /data_offsets\[0\] is wrong/],
  ['a negative offset', file(one({ data_offsets: [-8, 0] })), /data_offsets\[0\] is wrong/],
  ['a fraction for an offset', file(one({ data_offsets: [0.5, 8.5] })), /data_offsets\[0\] is wrong/],
  ['an end before the start', file(one({ data_offsets: [8, 0] })), /another size than/],
  ['more elements than bytes', file(one({ shape: [3] })), /another size[^]*12 bytes: F32 of shape \[3\]/],
  ['fewer elements than bytes', file(one({ shape: [] })), /another size[^]*4 bytes/],
  ['a gap at the start', file({ a: bytes(1, 8) }), /gap before tensor "a"/],
  ['a gap between two', file({ a: bytes(0, 3), b: bytes(4, 8) }), /gap before tensor "b"/],
  ['two that overlap', file({ a: bytes(0, 5), b: bytes(4, 8) }), /"b" overlaps/],
  ['two in one place', file({ a: bytes(0, 8), b: bytes(0, 8) }), /overlaps/],
  ['one inside another', file({ a: bytes(0, 8), b: bytes(2, 4) }), /overlaps/],
  ['an empty one inside another', file({ a: bytes(0, 8), b: bytes(4, 4) }), /overlaps/],
  ['an empty one behind the end', file({ a: bytes(0, 8), b: bytes(9, 9) }), /gap before tensor "b"/],
  ['data one byte short', sound.subarray(0, -1), /data ends too early[^]*7 bytes\n +expected: 8 bytes/],
  ['data one byte long', join(sound, [0]), /bytes after the data[^]*9 bytes\n +expected: 8 bytes/],
  ['data without tensors', file({}), /bytes after the data/],
];

describe('bad files', () => {
  test('differ from a sound one', () => {
    expect(parseSafetensors(sound, name).tensors.get('a')?.shape).toEqual([2]);
  });

  test.each(bad)('%s', (_, content, message) =>
    expectBadFile(() => parseSafetensors(content, name), name, message),
  );

  test('every way to cut a sound file', async () => {
    const whole = encodeSafetensors(everyType, texts);
    for (let length = 0; length < whole.length; length++)
      await expectBadFile(() => parseSafetensors(whole.subarray(0, length), name), name, /./);
  });

  test('a changed file is refused by name or read to the last byte', () => {
    const whole = encodeSafetensors(everyType, texts);
    const rounds = 20_000;
    const draws = integers(4 * rounds, 5, 2 ** 32);
    let refused = 0;
    for (let round = 0; round < rounds; round++) {
      const damaged = damage(whole, draws.subarray(4 * round, 4 * round + 4));
      try {
        const { tensors } = parseSafetensors(damaged, name);
        const header = Number(new DataView(damaged.buffer, damaged.byteOffset).getBigUint64(0, true));
        const sizes = [...tensors.values()].map(({ data }) => data.byteLength);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(damaged.length - 8 - header);
      } catch (error) {
        if (!(error instanceof EngineError) || error.kind !== 'bad-file') throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(rounds / 2);
    expect(refused).toBeLessThan(rounds);
  });
});

/**
 * One of four faults in the header: a byte replaced, a byte taken out, a byte doubled, or two stretches
 * swapped.
 */
function damage(whole: Uint8Array, [kind, where, other, value]: Uint32Array): Uint8Array {
  const end = 8 + whole[8 - 8]! + 256 * whole[1]!;
  const at = where! % end;
  const to = other! % end;
  if (kind! % 4 === 0) return Uint8Array.from(whole, (byte, i) => (i === at ? value! & 255 : byte));
  if (kind! % 4 === 1) return join(whole.subarray(0, at), whole.subarray(at + 1));
  if (kind! % 4 === 2) return join(whole.subarray(0, at + 1), whole.subarray(at));
  const [low, high] = [Math.min(at, to), Math.max(at, to)];
  const length = Math.min(high - low, end - high, 6);
  const swapped = Uint8Array.from(whole);
  swapped.set(whole.subarray(low, low + length), high);
  swapped.set(whole.subarray(high, high + length), low);
  return swapped;
}
