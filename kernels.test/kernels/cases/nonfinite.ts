import { padded } from '../../../src/kernels/index.js';
import { firstNonfinite } from '../../reference/nonfinite.js';
import type { KernelCase } from '../kernel-case.js';
import { inArena, vector } from '../support.js';

/** The check of one x per trial; `flags` are what the host, or an earlier check, left there. */
export function nonfiniteCase(
  columns: number,
  x: readonly Float32Array[],
  flags: readonly number[] = x.map(() => 0),
): KernelCase {
  const flagOf = (values: Float32Array): number => {
    const first = firstNonfinite(values);
    return first < 0 ? 0 : padded(columns) - first;
  };
  return {
    run: {
      kernel: 'nonfinite',
      tensors: {
        x: inArena(vector('reads', columns, x)),
        flags: vector(
          'updates',
          1,
          flags.map((flag) => Uint32Array.of(flag)),
        ),
      },
      trials: x.length,
    },
    expected: (trial) => ({
      flags: { bits: Uint32Array.of(Math.max(flags[trial]!, flagOf(x[trial]!))) },
    }),
  };
}
