/** A call of a kernel with what must come out of it, and the checks that every kernel has in common. */
import { expect } from 'vitest';
import type { AdapterTraits, Gpu } from '../../src/gpu/index.js';
import { padded, type TrialRecord } from '../../src/kernels/index.js';
import { expectWithin } from '../compare.js';
import { type KernelResult, type KernelRun, runKernel, slotsOf, type TestTensor } from '../gpu-harness.js';
import { expectSameBits } from './support.js';

/**
 * What an output must be: values within bounds (exact without), or bits. Its padding must be 0 unless it is
 * given.
 */
export type Output =
  | { readonly values: ArrayLike<number>; readonly bound?: ArrayLike<number> }
  | { readonly bits: Uint32Array; readonly padding?: number };

export interface KernelCase {
  readonly run: KernelRun;
  /** By the name of the tensor, for a trial that runs. */
  readonly expected: (trial: number, slot: TrialRecord) => Readonly<Record<string, Output>>;
}

/**
 * Runs a case and compares every output of every trial that runs.
 * @param what names the case in messages
 * @returns the largest error as a share of its bound
 */
export async function expectCase(
  gpu: Gpu,
  { run, expected }: KernelCase,
  what: string,
  traits?: AdapterTraits,
): Promise<number> {
  const result = await runKernel(gpu, traits === undefined ? run : { ...run, traits });
  let worst = 0;
  for (const slot of slotsOf(run)) {
    for (const [name, output] of Object.entries(expected(slot.index, slot))) {
      const title = `${what}: ${name} of trial ${slot.index}`;
      worst = Math.max(worst, expectOutput(result, run.tensors[name]!, name, slot.index, output, title));
    }
  }
  return worst;
}

function expectOutput(
  result: KernelResult,
  tensor: TestTensor,
  name: string,
  trial: number,
  output: Output,
  title: string,
): number {
  const shape = [tensor.rows, tensor.columns];
  const padding = 'bits' in output ? (output.padding ?? 0) : 0;
  const stride = padded(tensor.columns);
  const slice = new Uint32Array(result.slice(name, trial).buffer);
  const wrong = slice.findIndex((bits, i) => {
    const isPadding = i % stride >= tensor.columns || i >= stride * tensor.rows;
    // -0 is a zero like any other.
    return isPadding && bits !== padding && !(padding === 0 && bits === 0x8000_0000);
  });
  expect(wrong, `${title}: first element of the padding that is not ${padding}`).toBe(-1);
  if ('bits' in output) {
    return expectWithin(
      result.u32(name, trial),
      output.bits,
      new Uint8Array(output.bits.length),
      title,
      shape,
    );
  }
  const { values, bound } = output;
  // Where the reference is not finite, the kernel must give the same infinity, or NaN.
  const finite = Float64Array.from(values, (value, i) => (Number.isFinite(value) ? (bound?.[i] ?? 0) : 0));
  return expectWithin(result.f32(name, trial), values, finite, title, shape);
}

/**
 * A run of three trials: gives the same bits again; in other slots, with one trial switched off (the harness
 * sees to it that this one stays as it was); and alone, as the only trial of its tensors.
 */
export async function expectTrialsApart(gpu: Gpu, run: KernelRun): Promise<void> {
  expect(run.trials).toBe(3);
  const slots = slotsOf(run);
  const outputs = Object.entries(run.tensors).filter(([, { role }]) => role !== 'reads');
  const all = await runKernel(gpu, run);
  const again = await runKernel(gpu, run);
  const some = await runKernel(gpu, { ...run, slots: [slots[2]!, slots[0]!] });
  for (const trial of [0, 1, 2]) {
    const alone = await runKernel(gpu, onlyTrial(run, trial, slots[trial]!));
    for (const [name] of outputs) {
      const bits = all.slice(name, trial);
      expectSameBits(again.slice(name, trial), bits, `${name} of trial ${trial}, run again`);
      expectSameBits(alone.slice(name), bits, `${name} of trial ${trial}, alone`);
      if (trial === 1) continue;
      expectSameBits(some.slice(name, trial), bits, `${name} of trial ${trial}, in another slot`);
    }
  }
}

function onlyTrial(run: KernelRun, trial: number, slot: TrialRecord): KernelRun {
  const tensors = Object.entries(run.tensors).map(([name, tensor]): [string, TestTensor] => {
    if (tensor.shared === true || tensor.data === undefined) return [name, tensor];
    return [name, { ...tensor, data: [tensor.data[trial]!] }];
  });
  return { ...run, trials: 1, slots: [{ ...slot, index: 0 }], tensors: Object.fromEntries(tensors) };
}
