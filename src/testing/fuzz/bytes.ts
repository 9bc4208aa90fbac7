/**
 * Mutations that know nothing of a format but that it is made of bytes, and that some of them are lengths.
 */
import { join } from '../../formats/testing/bytes.js';
import type { Chance } from './chance.js';

type Mutation = (bytes: Uint8Array, chance: Chance, others: readonly Uint8Array[]) => Uint8Array;

/** Where numbers turn over, or mean something to a format. */
const extremes = [
  0n,
  1n,
  7n,
  0x7fn,
  0x80n,
  0xffn,
  0x100n,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x10000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_fffen,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x1f_ffff_ffff_ffffn,
  0x20_0000_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0xffff_ffff_ffff_ffffn,
] as const;

const flipBit: Mutation = (bytes, chance) => {
  const at = chance.below(bytes.length);
  const bit = 1 << chance.below(8);
  return Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ bit : byte));
};

const setByte: Mutation = (bytes, chance) => {
  const changed = Uint8Array.from(bytes);
  changed[chance.below(bytes.length)] = chance.oneIn(2)
    ? chance.below(256)
    : chance.one([0, 1, 0x7f, 0x80, 0xff]);
  return changed;
};

/** A field of 2, 4 or 8 bytes, in either order, becomes an extreme, or a little more or less than it was. */
const setNumber: Mutation = (bytes, chance) => {
  const size = chance.one([2, 4, 4, 8]);
  if (bytes.length < size) return bytes;
  const changed = Buffer.from(bytes);
  // Headers are where lengths are.
  const at = chance.below(Math.min(chance.oneIn(2) ? 64 : Infinity, bytes.length - size + 1));
  const field = changed.subarray(at, at + size);
  const isLittle = chance.oneIn(2);
  if (isLittle) field.reverse();
  const before = BigInt(`0x${field.toString('hex')}`);
  const offset = BigInt(chance.one([-2, -1, 1, 2, 255, 256]));
  const value = BigInt.asUintN(8 * size, chance.oneIn(3) ? before + offset : chance.one(extremes));
  field.write(value.toString(16).padStart(2 * size, '0'), 'hex');
  if (isLittle) field.reverse();
  return changed;
};

const cut: Mutation = (bytes, chance) => bytes.subarray(0, chance.below(bytes.length + 1));

const cutStart: Mutation = (bytes, chance) => bytes.subarray(chance.below(Math.min(64, bytes.length) + 1));

const remove: Mutation = (bytes, chance) => {
  const [start, end] = stretch(bytes, chance);
  return join(bytes.subarray(0, start), bytes.subarray(end));
};

const repeat: Mutation = (bytes, chance) => {
  const [start, end] = stretch(bytes, chance);
  const times = chance.one([1, 1, 1, 2, 3, 50]);
  const copies = Array.from({ length: times }, () => bytes.subarray(start, end));
  return join(bytes.subarray(0, end), ...copies, bytes.subarray(end));
};

const move: Mutation = (bytes, chance) => {
  const [start, end] = stretch(bytes, chance);
  const rest = join(bytes.subarray(0, start), bytes.subarray(end));
  const to = chance.below(rest.length + 1);
  return join(rest.subarray(0, to), bytes.subarray(start, end), rest.subarray(to));
};

const insert: Mutation = (bytes, chance) => {
  const at = chance.below(bytes.length + 1);
  const drawn = Uint8Array.from({ length: 1 + chance.below(16) }, () => chance.below(256));
  const added = chance.one([drawn, new Uint8Array(chance.one([1, 8, 512])), Buffer.from(chance.one(words))]);
  return join(bytes.subarray(0, at), added, bytes.subarray(at));
};

const overwrite: Mutation = (bytes, chance) => {
  const [start, end] = stretch(bytes, chance);
  const isFilled = chance.oneIn(2);
  const fill = chance.one([0, 0x20, 0xff]);
  return Uint8Array.from(bytes, (byte, index) =>
    index < start || index >= end ? byte : isFilled ? fill : chance.below(256),
  );
};

/** The beginning of one seed, the end of another. */
const splice: Mutation = (bytes, chance, others) => {
  const other = chance.one(others);
  return join(
    bytes.subarray(0, chance.below(bytes.length + 1)),
    other.subarray(chance.below(other.length + 1)),
  );
};

/** What means something to one of the formats, or to a terminal or a shell. */
const words = [
  'PK\x03\x04',
  'PK\x05\x06',
  '\x1f\x8b\x08',
  '\x93NUMPY\x01\x00',
  'IDAT',
  'IEND',
  '__proto__',
  'constructor',
  '../../../',
  '\x1b[2J',
  '\u202e',
  '\ud83d\ude00',
  '\0',
  '{"a":',
  '[[[[[[[[',
  '}}',
  '1e999',
  '-0',
] as const;

const mutations: readonly Mutation[] = [
  flipBit,
  flipBit,
  setByte,
  setNumber,
  setNumber,
  cut,
  cutStart,
  remove,
  repeat,
  move,
  insert,
  overwrite,
  splice,
];

/** One to four mutations of `bytes`, one after the other. @param others what parts may be taken from */
export function mutateBytes(bytes: Uint8Array, chance: Chance, others: readonly Uint8Array[]): Uint8Array {
  let mutated = bytes;
  for (let count = chance.few(4); count > 0; count--)
    mutated = chance.one(mutated.length === 0 ? [insert, splice] : mutations)(mutated, chance, others);
  return mutated;
}

/** Start and end of some bytes, seldom many. */
function stretch(bytes: Uint8Array, chance: Chance): readonly [number, number] {
  const start = chance.below(bytes.length);
  const longest = chance.oneIn(4) ? bytes.length : 16;
  return [start, Math.min(bytes.length, start + 1 + chance.below(longest))];
}
