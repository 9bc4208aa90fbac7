/**
 * The targets that are binary formats: each is mutated as bytes, and from within, under lengths and checksums
 * that are right.
 */
import { deflateRawSync, gzipSync } from 'node:zlib';
import { elementReader, inRowMajorOrder, type StoredArray } from '../array.js';
import { parseCsv } from '../csv.js';
import { parseIdx } from '../idx.js';
import { gunzip, gunzipStart, isGzip } from '../gzip.js';
import { parseNpy } from '../npy.js';
import { imagesOf, labelsOf } from '../labelled.js';
import { encodeNpz, unzipArrays } from '../npz.js';
import { encodeSafetensors, parseSafetensors } from '../safetensors.js';
import { elementCount, type Tensor } from '../tensor.js';
import { gzipMember, idx, join, npy, zip } from './bytes.js';
import { mutateBytes } from '../../testing/fuzz/bytes.js';
import type { Chance } from '../../testing/fuzz/chance.js';
import { mutateJson } from '../../testing/fuzz/json.js';
import { orRefused, relyOn, type Target } from '../../testing/fuzz/target.js';

const badFile = ['bad-file'] as const;

/** Mutates one of the seeds as bytes, or one of the inner parts that `wrap` makes a file of. */
function bytesOrInside(
  seeds: readonly Uint8Array[],
  inside: readonly Uint8Array[],
  wrap: (content: Uint8Array, chance: Chance) => Uint8Array,
): Target['mutate'] {
  return (chance) =>
    chance.oneIn(2)
      ? mutateBytes(chance.one(seeds), chance, seeds)
      : wrap(mutateBytes(chance.one(inside), chance, inside), chance);
}

/**
 * Elements of an array, in row-major order and as what they may mean: all of them are there, or a refusal.
 */
function readMeaning(array: StoredArray, file: string): void {
  const count = elementCount(array.shape);
  const { bytes } = inRowMajorOrder(array);
  relyOn(bytes.length === array.bytes.length, 'another order has another size');
  if (count !== undefined && count > 0) elementReader(array)(count - 1);
  const images = orRefused(() => imagesOf(array, file));
  relyOn(
    images === null || images.pixels.length === images.count * images.rows * images.columns,
    'pixels are missing',
  );
  const labels = orRefused(() => labelsOf(array, file));
  relyOn(labels === null || labels.labels.length === count, 'labels are missing');
}

const plainIdx = [
  idx([3, 2, 5]),
  idx([1, 1, 1]),
  idx([2, 28, 28]),
  idx([7]),
  idx([2, 9], new Uint8Array(72), 0x0d),
  idx([2, 1, 3, 3], new Uint8Array(144), 0x0e),
  idx([5], new Uint8Array(20), 0x0c),
];

const idxTarget: Target = {
  name: 'idx',
  seeds: plainIdx,
  mutate: (chance) => mutateBytes(chance.one(plainIdx), chance, plainIdx),
  kinds: badFile,
  read: (bytes) => {
    const array = parseIdx(bytes, 'images');
    relyOn(array.bytes.length === bytes.length - 4 - 4 * array.shape.length, 'bytes were left over');
    readMeaning(array, 'images');
  },
};

const packedIdx = [
  ...plainIdx.slice(0, 3).map((content) => gzipSync(content)),
  gzipSync(plainIdx[0]!, { level: 0 }),
  gzipMember(plainIdx[0]!, {
    header: join([0x1f, 0x8b, 8, 28, 0, 0, 0, 0, 0, 255, 3, 0, 1, 2, 3, 0x61, 0, 0x62, 0]),
  }),
  gzipSync(idx([500, 28, 28], new Uint8Array(392_000)), { level: 9 }),
  join(gzipMember(plainIdx[0]!.subarray(0, 9)), gzipMember(plainIdx[0]!.subarray(9)), new Uint8Array(9)),
];

const gzipTarget: Target = {
  name: 'gzip',
  seeds: packedIdx,
  mutate: bytesOrInside(packedIdx, plainIdx.slice(0, 3), (content, chance) =>
    chance.oneIn(2)
      ? gzipMember(content)
      : gzipMember(content, { stream: mutateBytes(deflateRawSync(content), chance, packedIdx) }),
  ),
  kinds: badFile,
  read: (bytes) => {
    const array = parseIdx(bytes, 'images.gz');
    // What was turned into a plain file is the matter of another target.
    if (!isGzip(bytes)) return;
    readMeaning(array, 'images.gz');
    const size = array.bytes.length + 4 + 4 * array.shape.length;
    relyOn(gunzipStart(bytes, 20, 'images.gz').length > 0, 'its start is empty');
    relyOn(gunzip(bytes, size, 'x').length === size, 'another way it is another');
  },
};

const arrays = [
  npy([3, 2, 5]),
  npy([1, 1, 1]),
  npy([3, 2, 5], { start: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0] }),
];

const npyTarget: Target = {
  name: 'npy',
  seeds: arrays,
  mutate: (chance) =>
    chance.oneIn(3) ? mutateBytes(chance.one(arrays), chance, arrays) : arrayWithHeader(chance),
  kinds: badFile,
  read: (bytes) => {
    readMeaning(parseNpy(bytes, 'array.npy'), 'array.npy');
  },
};

const dicts = [
  "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2, 5), }",
  "{'shape': (3L, 2L, 5L), 'fortran_order': False, 'descr': '|u1'}",
  "{'descr': '>i2', 'fortran_order': True, 'shape': (3, 5), }",
  "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2, 2, 1), }",
  "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }",
  "{'descr': '|b1', 'fortran_order': False, 'shape': (3, 10), }",
];

/** A header mutated as text, in a file whose length field is right. */
function arrayWithHeader(chance: Chance): Uint8Array {
  const texts = dicts.map((dict) => Buffer.from(dict, 'latin1'));
  const header = Buffer.from(mutateBytes(chance.one(texts), chance, texts)).toString('latin1');
  const many = chance.oneIn(200) ? `{'descr': '|u1', 'shape': (${'1,'.repeat(30_000)})}` : header;
  return npy([3, 2, 5], {
    header: `${many}\n`,
    start: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, chance.oneIn(3) ? 2 : 1, 0],
    headerLength: (many.length + 1) % 65_536,
  });
}

const archives = [
  zip([{ name: 'arr_0.npy', content: arrays[0]! }]),
  zip([{ name: 'arr_0.npy', content: arrays[0]!, method: 0 }]),
  zip([{ name: 'arr_0.npy', content: arrays[0]!, method: 0, flags: 8, descriptor: true }]),
  zip([{ name: 'arr_0.npy', content: arrays[1]! }], { comment: 'made by hand' }),
  await encodeNpz(new Map<string, Tensor>([['arr_0', { shape: [3, 2, 5], data: new Uint8Array(30) }]]), {
    deflate: true,
  }),
];

const entryNames = [
  'arr_0.npy',
  '../arr_0.npy',
  '/etc/passwd',
  'C:\\arr_0.npy',
  'a/../../arr_0.npy',
  '\u001b[2J',
  '',
  'x',
];

const npzTarget: Target = {
  name: 'npz',
  seeds: archives,
  mutate: bytesOrInside(archives, arrays, (content, chance) => {
    const method = chance.one([0, 8]);
    const entry = {
      name: chance.oneIn(4) ? chance.one(entryNames) : 'arr_0.npy',
      content,
      method,
      ...(chance.oneIn(4) && {
        flags: chance.one([1, 2, 8, 0x41, 0x800, 0xffff]),
        descriptor: chance.oneIn(2),
      }),
      ...(chance.oneIn(6) && { size: chance.one([0, 1, content.length + 1, 0xffff_fffe, 0xffff_ffff]) }),
      ...(chance.oneIn(6) && { packedSize: chance.one([0, 1, content.length, 0x7fff_ffff, 0xffff_ffff]) }),
      ...(method === 8 &&
        chance.oneIn(4) && { packed: mutateBytes(deflateRawSync(content), chance, archives) }),
    };
    const count = chance.oneIn(6) ? 2 : 1;
    const second = chance.one(['arr_1.npy', 'labels.npy', entry.name]);
    return zip(
      Array.from({ length: count }, (_, index) => (index === 0 ? entry : { ...entry, name: second })),
    );
  }),
  kinds: badFile,
  read: (bytes) => {
    for (const [name, content] of unzipArrays(bytes, 'images.npz'))
      readMeaning(parseNpy(content, name), name);
  },
};

const tensors = new Map<string, Tensor>([
  ['layer0.weight', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['layer0.bias', { shape: [3], data: Float32Array.of(0, NaN, Infinity) }],
  ['step', { shape: [], data: BigInt64Array.of(7n) }],
  ['bytes', { shape: [0, 4], data: new Uint8Array() }],
]);
const tensorFiles = [
  encodeSafetensors(
    tensors,
    new Map([
      ['format', '1'],
      ['config', '{"hidden":[3]}'],
    ]),
  ),
  encodeSafetensors(new Map()),
  encodeSafetensors(new Map([['w', { shape: [40], data: new Float64Array(40) }]])),
];

const safetensorsTarget: Target = {
  name: 'safetensors',
  seeds: tensorFiles,
  mutate: (chance) => mutateSafetensors(tensorFiles, chance),
  kinds: badFile,
  read: (bytes) => {
    const { tensors: read } = parseSafetensors(bytes, 'a.safetensors');
    let sum = 0;
    for (const { shape, data } of read.values()) {
      relyOn(data.length === elementCount(shape), 'a tensor does not fill its shape');
      sum += data.byteLength;
    }
    const header = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    relyOn(sum === bytes.length - 8 - header, 'its bytes are not accounted for');
  },
};

/** A file as bytes, or its header as JSON under a length that is right. */
export function mutateSafetensors(files: readonly Uint8Array[], chance: Chance): Uint8Array {
  const file = chance.one(files);
  if (chance.oneIn(3)) return mutateBytes(file, chance, files);
  const header = mutateJson(headerOf(file), chance, files.map(headerOf));
  return withHeader(file, header);
}

export function headerOf(file: Uint8Array): string {
  return Buffer.from(file.subarray(8, 8 + lengthOf(file)))
    .toString('utf8')
    .trimEnd();
}

/** The file with another header in front of its data. */
export function withHeader(file: Uint8Array, header: string): Uint8Array {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return join(length, text, file.subarray(8 + lengthOf(file)));
}

function lengthOf(file: Uint8Array): number {
  return Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
}

const tables = [
  'file,label\na.png,cat\n"b, c.png","say ""cat"""\n',
  '\ufefffile;label\r\na.png;1\r\n;\r\n\r\nb.png;2',
  'id\tclass\ra\t0\rb\t\r',
].map((text) => Buffer.from(text));

const csvTarget: Target = {
  name: 'csv',
  seeds: tables,
  mutate: (chance) => mutateBytes(chance.one(tables), chance, tables),
  kinds: badFile,
  read: (bytes) => {
    const text = Buffer.from(bytes).toString('utf8');
    const rows = parseCsv(text, 'labels.csv');
    relyOn(
      rows.every((row) => row.some((field) => field !== '')),
      'an empty row is told',
    );
    const characters = rows.flat().reduce((sum, field) => sum + field.length, 0);
    relyOn(characters <= text.length, 'there is more text than in the file');
  },
};

export const formatTargets: readonly Target[] = [
  csvTarget,
  idxTarget,
  gzipTarget,
  npyTarget,
  npzTarget,
  safetensorsTarget,
];
