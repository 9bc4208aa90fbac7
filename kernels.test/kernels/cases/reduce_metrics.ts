import { sumBound } from '../../bounds.js';
import { reduceMetrics } from '../../reference/reduce_metrics.js';
import type { KernelCase } from '../kernel-case.js';
import { vector } from '../support.js';

/** Rows whose metrics become one record. */
const tile = 8;

/** One trial's rows. */
export interface RowResults {
  readonly losses: Float32Array;
  readonly predicted: Uint32Array;
  readonly labels: Uint32Array;
}

/** The metrics of step `slot` of `slots`; the records of the other steps must stay as they are. */
export function reduceMetricsCase(
  trials: readonly RowResults[],
  { slots, slot, rows }: { readonly slots: number; readonly slot: number; readonly rows: number },
): KernelCase {
  const batch = trials[0]!.losses.length;
  const tiles = Math.ceil(batch / tile);
  const columns = 2 * slots * tiles;
  const old = Float32Array.from({ length: columns }, (_, i) => 100 + i);
  return {
    run: {
      kernel: 'reduce_metrics',
      tensors: {
        loss: vector(
          'reads',
          batch,
          trials.map(({ losses }) => losses),
        ),
        predicted: vector(
          'reads',
          batch,
          trials.map(({ predicted }) => predicted),
        ),
        labels: vector(
          'reads',
          batch,
          trials.map(({ labels }) => labels),
        ),
        metrics: vector(
          'updates',
          columns,
          trials.map(() => old),
        ),
      },
      attributes: { tiles },
      trials: trials.length,
      step: { rows, slot },
    },
    expected: (trial) => {
      const values = Float64Array.from(old);
      const bound = new Float64Array(columns);
      for (let number = 0; number < tiles; number++) {
        const part = [tile * number, Math.max(tile * number, Math.min(tile * number + tile, rows))] as const;
        const { losses, predicted, labels } = trials[trial]!;
        const chosen = losses.subarray(...part);
        const { loss, correct } = reduceMetrics(
          chosen,
          predicted.subarray(...part),
          labels.subarray(...part),
        );
        const at = 2 * (slot * tiles + number);
        values[at] = loss;
        bound[at] = chosen.length === 0 ? 0 : sumBound(chosen);
        // The count is a u32: read as f32, its bits are a denormal number.
        values[at + 1] = correct * 2 ** -149;
      }
      return { metrics: { values, bound } };
    },
  };
}
