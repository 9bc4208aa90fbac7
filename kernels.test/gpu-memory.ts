/** How test tensors lie in memory, what is in it before a run, and what a kernel may change of it. */
import { elements, padded, padRows, unpadRows, type Matrix } from '../src/kernels/index.js';

/** One binding of the kernel: its logical shape, and one array per trial. */
export interface TestTensor {
  readonly role: 'reads' | 'writes' | 'updates';
  readonly rows: number;
  readonly columns: number;
  readonly vector?: boolean;
  /** One tensor for all trials: `data` has a single entry. */
  readonly shared?: boolean;
  /**
   * A window onto an arena, as parameters are: elements before (a multiple of 64) and after it in each
   * trial's slice.
   */
  readonly arena?: { readonly before: number; readonly after: number };
  /** The kernel writes only a part of it, such as the metrics of one step. */
  readonly partial?: boolean;
  /**
   * Per trial, row-major logical values (f32, or u32 bits in a Uint32Array); left out for `writes`, which
   * start as garbage.
   */
  readonly data?: readonly (Float32Array | Uint32Array)[];
}

/**
 * Fills whatever a test gives no value: outputs, what lies around tensors, inputs of nobody. As f32 it is a
 * NaN, so an element that was not written, and one that was read from a wrong place, show.
 */
export const poison = 0x7fc0dead;

/**
 * What lies around inputs: another NaN, so that an output that was written with it is not taken for one that
 * was left alone.
 */
const poisonOfInputs = 0x7fc0beef;

/**
 * What lies around a tensor that is updated in place: a finite number, because an update of a NaN is that
 * NaN, and would not show.
 */
const unpoisoned = 0x3fa0dead;

/** Words of poison behind every buffer. Bindings cover them, so a write past the last trial lands here. */
const guard = 64;

/** Where the trials' slices of a tensor lie in its buffer; all in words of 4 bytes. */
export interface Layout {
  readonly copies: number;
  /** Of one trial's tensor, with padding. */
  readonly size: number;
  /** From one trial's tensor to the next. */
  readonly stride: number;
  readonly start: (trial: number) => number;
  readonly words: number;
}

export function layoutOf(tensor: TestTensor, trials: number): Layout {
  const { before, after } = tensor.arena ?? { before: 0, after: 0 };
  const copies = tensor.shared === true ? 1 : trials;
  const size = elements(tensor);
  // The stride that the engine sees is that of a vector: padded to four.
  const stride = padded(before + size + after);
  const start = (trial: number): number => (tensor.shared === true ? 0 : trial * stride) + before;
  return { copies, size, stride, start, words: copies * stride + guard };
}

/** The whole buffer before the run. @param raw bytes that stand for the values */
export function startContents(
  tensor: TestTensor,
  trials: number,
  raw?: Uint8Array,
): Uint32Array<ArrayBuffer> {
  if (raw !== undefined) {
    const words = Math.ceil(raw.length / 4);
    const contents = new Uint32Array(words + guard).fill(poisonOfInputs);
    new Uint8Array(contents.buffer).set(raw);
    return contents;
  }
  const { copies, start, words } = layoutOf(tensor, trials);
  const fills = { reads: poisonOfInputs, writes: poison, updates: unpoisoned };
  const contents = new Uint32Array(words).fill(fills[tensor.role]);
  for (let trial = 0; trial < copies; trial++) {
    const data = tensor.data?.[trial];
    if (data !== undefined) contents.set(pad(data, tensor), start(trial));
    else if (tensor.role !== 'writes') throw new Error(`an input has no data for trial ${trial}`);
  }
  return contents;
}

/** Throws if a word changed that may not, or an output's word was not written. */
export function requireOnlyAllowedWrites(
  what: string,
  tensor: TestTensor,
  trials: number,
  active: ReadonlySet<number>,
  before: Uint32Array,
  after: Uint32Array,
): void {
  const { copies, size, start } = layoutOf(tensor, trials);
  const mayChange = new Uint8Array(before.length);
  if (tensor.role !== 'reads') {
    for (let trial = 0; trial < copies; trial++) {
      if (active.has(trial)) mayChange.fill(1, start(trial), start(trial) + size);
    }
  }
  const describe = (word: number): string =>
    `word ${word} of ${before.length} (${size} per tensor, the first at ${start(0)}, the second at ${start(1)})`;
  const must = tensor.role === 'writes' && tensor.partial !== true;
  for (let word = 0; word < before.length; word++) {
    if (mayChange[word] === 0 && before[word] !== after[word]) {
      const [old, found] = [before[word]!, after[word]!].map((bits) => bits.toString(16));
      throw new Error(`${what}: ${describe(word)} is not to be written; it was ${old}, and is ${found}`);
    }
    if (mayChange[word] === 1 && must && after[word] === poison) {
      throw new Error(`${what}: ${describe(word)} was not written`);
    }
  }
}

/** Logical row-major values into padded storage; padding is zero. */
export function pad(data: Float32Array | Uint32Array, shape: Matrix): Uint32Array<ArrayBuffer> {
  const { rows, columns } = shape;
  if (data.length !== rows * columns)
    throw new Error(`a ${rows}x${columns} tensor was given ${data.length} values`);
  const out = new Uint32Array(elements(shape));
  out.set(new Uint32Array(padRows(data, columns).buffer));
  return out;
}

/** The logical values of a padded slice. */
export function unpad(slice: Uint32Array, { rows, columns }: Matrix): Uint32Array {
  return new Uint32Array(unpadRows(slice.subarray(0, rows * padded(columns)), columns).buffer);
}
