import type { KernelName } from '../../kernels/index.js';
import { overlaps, sources, targets, type Op, type Tensor } from '../graph.js';

/** Puts `fused` in the place of the first of `old` and takes the others out. */
export function replace(ops: Op[], old: readonly Op[], fused: Op): void {
  ops[ops.indexOf(old[0]!)] = fused;
  for (const op of old.slice(1)) ops.splice(ops.indexOf(op), 1);
}

/** Every op that reads a tensor, or memory that it overlaps. */
export function readersOf(ops: readonly Op[], tensor: Tensor): Op[] {
  return ops.filter((op) => sources(op).some((source) => overlaps(source, tensor)));
}

/** The op that makes a tensor. */
export function writerOf(ops: readonly Op[], tensor: Tensor): Op | undefined {
  return ops.find((op) => targets(op).some((target) => overlaps(target, tensor)));
}

/** The op that reads a tensor if there is exactly one. */
export function soleReader(ops: readonly Op[], tensor: Tensor): Op | undefined {
  const readers = readersOf(ops, tensor);
  return readers.length === 1 ? readers[0] : undefined;
}

/** The first op with this kernel. */
export function withKernel(ops: readonly Op[], kernel: KernelName): Op | undefined {
  return ops.find((op) => op.kernel === kernel);
}
