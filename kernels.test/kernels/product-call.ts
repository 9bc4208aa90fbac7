import { expect } from 'vitest';
import { padded } from '../../src/kernels/index.js';
import { expectWithin } from '../compare.js';
import type { KernelResult, KernelRun } from '../gpu-harness.js';
import type { noteShares } from './shares.js';
import { expectZeroPadding, type Expected } from './support.js';

/** C[rows, columns] = A B over `inner`, for several trials, with inputs made by `values`. */
export interface ProductShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly trials: number;
  readonly values: (length: number, seed: number) => Float32Array;
}

/** One output of a product kernel: where it lies, its shape and, per trial, what it must be within what. */
export interface ProductOutput {
  /** The tensor, or the one that holds it. */
  readonly name: string;
  /** Where it begins in that tensor, in elements; by default 0. */
  readonly offset?: number;
  readonly rows: number;
  readonly columns: number;
  readonly expected: readonly Expected[];
  /** Whether its padding rows, too, must be 0. */
  readonly zeroRows: boolean;
}

/** A call of the kernel under test, without the choice of a variant. */
export interface ProductCall {
  readonly run: Omit<KernelRun, 'traits'>;
  readonly outputs: readonly ProductOutput[];
  /** Puts NaN and Infinity into the inputs of the first trial that only this row of C is made of. */
  readonly spoilRow: (row: number) => void;
  /** The same for a column; null if every column depends on every other. */
  readonly spoilColumn: ((column: number) => void) | null;
  /** Elements that lie between outputs of one tensor and must stay as they were: the bits of each. */
  readonly gap?: {
    readonly name: string;
    readonly start: number;
    readonly end: number;
    readonly bits: number;
  };
}

/** Compares what does not lie in the spoilt row or column. */
export function compareBeside(
  call: ProductCall,
  result: KernelResult,
  axis: 'row' | 'column',
  place: number,
): void {
  for (const output of call.outputs) {
    const { logical } = part(result, output, 0);
    const kept = [...logical.keys()].filter((index) =>
      axis === 'row' ? Math.floor(index / output.columns) !== place : index % output.columns !== place,
    );
    const { values, bound } = output.expected[0]!;
    const [found, expected, limit] = [logical, values, bound].map((array) =>
      kept.map((index) => array[index]!),
    );
    expectWithin(found!, expected!, limit!, `${output.name} beside spoilt ${axis} ${place}`);
  }
}

/** @param note receives the share of the bound that was used; null demands exact results */
export function compare(call: ProductCall, result: KernelResult, what: string, note: ShareNote | null): void {
  for (const output of call.outputs) {
    const { name, rows, columns, expected, zeroRows } = output;
    expected.forEach(({ values, bound }, trial) => {
      const label = `${name} of trial ${trial}, ${what}`;
      const { logical, whole } = part(result, output, trial);
      const limit = note === null ? new Float64Array(bound.length) : bound;
      const share = expectWithin(logical, values, limit, label, [rows, columns]);
      note?.(name, share);
      expectZeroPadding(whole, rows, columns, label, zeroRows);
    });
  }
  if (call.gap === undefined) return;
  const { name, start, end, bits } = call.gap;
  const found = new Uint32Array(result.slice(name).buffer).subarray(start, end);
  expect(
    found.findIndex((each) => each !== bits),
    `${name}, ${what}: first element written in a gap`,
  ).toBe(-1);
}

/** An output of one trial: its logical values, and all of it with padding. */
export function part(
  result: KernelResult,
  output: ProductOutput,
  trial: number,
): { readonly logical: Float32Array; readonly whole: Float32Array } {
  const { name, offset = 0, rows, columns } = output;
  const stride = padded(columns);
  // A vector has a single row, without padding rows.
  const whole = result.slice(name, trial).subarray(offset, offset + (rows === 1 ? 1 : padded(rows)) * stride);
  const logical = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    logical.set(whole.subarray(row * stride, row * stride + columns), row * columns);
  return { logical, whole };
}

type ShareNote = ReturnType<typeof noteShares>;
