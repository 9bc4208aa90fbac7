import { streams } from '../../../src/base/philox.js';
import type { TrialRecord } from '../../../src/kernels/index.js';
import { dropoutBound } from '../../bounds.js';
import { type DropoutDraw, dropoutMask } from '../../reference/dropout_mask.js';
import { dropoutForward } from '../../reference/dropout_forward.js';
import { philox4x32 } from '../../reference/philox.js';
import type { KernelCase } from '../kernel-case.js';
import type { ElementwiseShape } from '../elementwise-suite.js';

/** What dropout draws from, beside each trial's seed and p. */
export interface DropoutSettings {
  readonly step: number;
  readonly layer: number;
  readonly slots: readonly Pick<TrialRecord, 'seed' | 'dropout'>[];
}

/** Seeds that fill one and two words, the largest one too, with steps and layers. */
export const draws = [
  { seed: 0, step: 0, layer: 0 },
  { seed: 1, step: 0, layer: 0 },
  { seed: 0xffff_ffff, step: 1, layer: 1 },
  { seed: 0x1_0000_0000, step: 1000, layer: 0 },
  { seed: 0x1_2345_6789, step: 7, layer: 3 },
  { seed: Number.MAX_SAFE_INTEGER, step: 0xffff_fffe, layer: 0xffff_ffff },
];

const probabilityOf = (dropout: TrialRecord['dropout'], layer: number): number =>
  typeof dropout === 'number' ? dropout : (dropout[layer] ?? 0);

export function drawOf(
  { seed, dropout }: Pick<TrialRecord, 'seed' | 'dropout'>,
  step: number,
  layer: number,
): DropoutDraw {
  const words = [seed >>> 0, Math.floor(seed / 2 ** 32)] as const;
  const probability = probabilityOf(dropout, layer);
  return { probability, seed: words, step, layer, stream: streams.dropout };
}

/** dropout_forward on x, or dropout_backward on dy: both are the same function of their input. */
export function dropoutCase(
  direction: 'forward' | 'backward',
  shape: ElementwiseShape,
  inputs: readonly Float32Array[],
  { step, layer, slots }: DropoutSettings,
): KernelCase {
  const [input, output] = direction === 'forward' ? (['x', 'y'] as const) : (['dy', 'dx'] as const);
  const { rows, columns } = shape;
  return {
    run: {
      kernel: `dropout_${direction}`,
      tensors: { [input]: { ...shape, role: 'reads', data: inputs }, [output]: { ...shape, role: 'writes' } },
      attributes: { layer },
      trials: inputs.length,
      slots,
      step: { number: step, rows: 1 },
    },
    expected: (trial, slot) => {
      const draw = drawOf(slot, step, layer);
      const mask = dropoutMask(rows, columns, draw);
      return {
        [output]: {
          values: dropoutForward(inputs[trial]!, rows, columns, draw),
          bound: dropoutBound(inputs[trial]!, mask, draw.probability, undefined),
        },
      };
    },
  };
}

/** A trial in which the first element of a tensor is drawn exactly at the threshold: such a draw is kept. */
export function drawnAtThreshold(seed: number, step: number, layer: number): DropoutSettings {
  const [word] = philox4x32([0, step, layer, streams.dropout], [seed >>> 0, Math.floor(seed / 2 ** 32)]);
  return { step, layer, slots: [{ seed, dropout: word / 2 ** 32 }] };
}

/** Three trials with seeds and probabilities of their own. */
export function differentTrials(count: number): DropoutSettings {
  const slots = [
    { seed: 5, dropout: 0.3 },
    { seed: 0x1_0000_0005, dropout: [0.2, 0.7, 0.5, 0.1] },
    { seed: 5, dropout: 0.9 },
  ];
  return { step: 12, layer: 2, slots: slots.slice(0, count) };
}
