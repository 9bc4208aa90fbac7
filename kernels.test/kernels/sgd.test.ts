import { describe, it } from 'vitest';
import { uniform } from '../arrays.js';
import { differentSgd, randomSgdOperands, sgdCase, type SgdOperands } from './cases/sgd.js';
import { expectCase } from './kernel-case.js';
import { noteShares } from './shares.js';
import { useGpu } from './support.js';

describe('sgd', () => {
  const gpu = useGpu();
  const note = noteShares('sgd');
  const vector = (columns: number) => ({ rows: 1, columns, vector: true });

  const settings = (['decoupled', 'l2'] as const).flatMap((decay) =>
    [0, 5e-4, 0.1].flatMap((weightDecay) =>
      [1e-3, 10].flatMap((learningRate) =>
        [0, 0.9, 0.999].map((momentum) => ({ decay, weightDecay, learningRate, momentum })),
      ),
    ),
  );

  it.each(settings)(
    'stays within its bounds: $decay, λ $weightDecay, rate $learningRate, momentum $momentum',
    async (slot) => {
      const operands = randomSgdOperands(300, 1);
      // The momentum buffer of the first step is 0.
      for (const state of [operands, { ...operands, m: new Float32Array(300) }])
        note('steps', await expectCase(gpu(), sgdCase(vector(300), [state], [slot]), 'a step'));
    },
  );

  it('leaves a parameter alone whose gradient and buffer are 0, but for its decay', async () => {
    const zeros = new Float32Array(64);
    const state = { g: zeros, w: uniform(64, 1), m: zeros };
    const exact = sgdCase(vector(64), [state], [{ ...settings[0]!, weightDecay: 0 }]);
    await expectCase(gpu(), { ...exact, expected: () => ({ w: { values: state.w } }) }, 'no decay');
    const slot = { decay: 'decoupled', weightDecay: 0.25, learningRate: 0.5, momentum: 0.9 } as const;
    const shrunk = state.w.map((value) => 0.875 * value);
    const decayed = sgdCase(vector(64), [state], [slot]);
    await expectCase(gpu(), { ...decayed, expected: () => ({ w: { values: shrunk } }) }, 'decay');
  });

  it('stays within its bounds for zeros, denormal, tiny and huge values', async () => {
    const values = [0, -0, 1e-41, -1e-39, 1e-30, -1e-12, 1, 1e9, -1e17];
    const all = values.flatMap((g) => values.flatMap((w) => values.map((m) => [g, w, m] as const)));
    const column = (which: 0 | 1 | 2): Float32Array => Float32Array.from(all, (row) => row[which]);
    const operands: SgdOperands = { g: column(0), w: column(1), m: column(2) };
    for (const slot of settings) {
      const testCase = sgdCase(vector(all.length), [operands], [slot]);
      note('hostile values', await expectCase(gpu(), testCase, slot.decay));
    }
  });

  it('turns NaN and infinite gradients into parameters that are not finite, and no other', async () => {
    const operands = randomSgdOperands(100, 7);
    for (const [place, value] of [
      [0, Number.NaN],
      [3, Infinity],
      [50, -Infinity],
      [99, Number.NaN],
    ] as const)
      operands.g[place] = value;
    await expectCase(gpu(), sgdCase(vector(100), [operands], differentSgd.slice(0, 1)), 'NaN and infinities');
  });
});
