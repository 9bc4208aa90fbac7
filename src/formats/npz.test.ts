import { describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { encodeNpy } from './npy.js';
import { encodeNpz } from './npz.js';
import { bytesOf, type Tensor, type Tensors } from './tensor.js';
import { platform } from '../platform/index.js';
import { integers, uniform } from '../../kernels.test/arrays.js';
import { parseNpzImages, parseNpzLabels } from './testing/arrays.js';
import { findPython, runPython } from './testing/python.js';

const arrays: Tensors = new Map<string, Tensor>([
  ['layer0.weight', { shape: [784, 12], data: uniform(784 * 12, 1) }],
  ['layer0.bias', { shape: [12], data: Float32Array.of(NaN, -0, Infinity, 1, 2, 3, 4, 5, 6, 7, 8, 1e-45) }],
  ['loss', { shape: [], data: Float64Array.of(Math.PI) }],
  ['step', { shape: [1, 1], data: BigInt64Array.of(-(2n ** 63n)) }],
  ['counters', { shape: [2, 2], data: Uint32Array.of(0, 1, 2, 2 ** 32 - 1) }],
  ['none', { shape: [0, 3], data: new Uint8Array() }],
]);
const types: Readonly<Record<string, string>> = { loss: '<f8', step: '<i8', counters: '<u4', none: '|u1' };

const images = Uint8Array.from(integers(3 * 2 * 5, 2, 256));

describe('numpy', () => {
  const python = findPython('numpy');
  test.skipIf(python === undefined).each([
    ['stored', {}, 0],
    ['packed', { deflate: true }, 8],
  ] as const)('reads what is written, %s', async (_, options, method) => {
    const found = runPython(python!, 'read_npz.py', { 'a.npz': await encodeNpz(arrays, options) });
    const expected = Array.from(arrays, ([name, { shape, data }]): [string, object] => [
      name,
      { type: types[name] ?? '<f4', shape, bytes: Buffer.from(bytesOf(data)).toString('hex') },
    ]);
    expect(found).toEqual({
      files: Array.from(arrays.keys(), (name) => [`${name}.npy`, [1980, 1, 1, 0, 0, 0], method]),
      arrays: Object.fromEntries(expected),
    });
  });
});

describe("this project's reader", () => {
  test.each([{}, { deflate: true }])('takes images and labels back, %j', async (options) => {
    const written = await encodeNpz(new Map([['arr_0', { shape: [3, 2, 5], data: images }]]), options);
    const read = parseNpzImages(written, 'i.npz');
    expect({ ...read, pixels: Array.from(read.pixels) }).toEqual({
      count: 3,
      rows: 2,
      columns: 5,
      pixels: Array.from(images),
    });
    const labels = await encodeNpz(new Map([['arr_0', { shape: [30], data: images }]]), options);
    expect(Array.from(parseNpzLabels(labels, 'l.npz'))).toEqual(Array.from(images));
  });
});

describe('an array', () => {
  test('starts as numpy writes it, its data at a multiple of 64', () => {
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    const file = encodeNpy({ shape: [2, 3], data: new Float32Array(6) });
    expect(Buffer.from(file.subarray(0, 10)).toString('latin1')).toBe('\x93NUMPY\x01\x00\x76\x00');
    expect(Buffer.from(file.subarray(10, 128)).toString('latin1')).toBe(`${header.padEnd(117)}\n`);
    expect(file.length).toBe(128 + 24);
  });

  test('with a header of any length is padded to 64', () => {
    for (let rank = 0; rank < 40; rank++) {
      const file = encodeNpy({ shape: Array.from({ length: rank }, () => 1), data: Uint8Array.of(77) });
      expect((file.length - 1) % 64).toBe(0);
      expect([...file.subarray(-2)]).toEqual([10, 77]);
    }
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'that does not fill its shape',
      () => encodeNpz(new Map([['a', { shape: [3], data: new Float32Array(2) }]])),
    ],
    ['with a path for a name', () => encodeNpz(new Map([['../a', { shape: [], data: Uint8Array.of(1) }]]))],
    ['without a name', () => encodeNpz(new Map([['', { shape: [], data: Uint8Array.of(1) }]]))],
  ])('%s is refused', async (_, write) => {
    await expect(write).rejects.toThrow(EngineError);
  });
});

describe('an archive', () => {
  test('is the same bytes whenever it is written', async () => {
    expect(await encodeNpz(arrays)).toEqual(await encodeNpz(arrays));
  });

  test('is to the byte what this project wrote before a library wrote it', async () => {
    expect(platform.sha256(await encodeNpz(arrays))).toBe(
      'eb24b0899185a51a5684d03f0b7a8e1a89b8b894a92130679ae0ce1db63293be',
    );
  });

  test('has a limit without zip64', async () => {
    const empty: Tensor = { shape: [0], data: new Uint8Array() };
    const many = new Map(Array.from({ length: 65_536 }, (_, index) => [`${index}`, empty]));
    await expect(encodeNpz(many)).rejects.toThrow(/too much/);
  });
});
