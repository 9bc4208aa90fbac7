import { describe, it } from 'vitest';
import { uniform } from '../arrays.js';
import { adamwCase, type AdamwOperands, differentRates, randomOperands } from './cases/adamw.js';
import { expectCase } from './kernel-case.js';
import { noteShares } from './shares.js';
import { useGpu } from './support.js';

describe('adamw', () => {
  const gpu = useGpu();
  const note = noteShares('adamw');
  const vector = (columns: number) => ({ rows: 1, columns, vector: true });

  const steps = [0, 1, 9, 999, 1_000_000, 0xffff_fffe];
  const settings = (['decoupled', 'l2'] as const).flatMap((decay) =>
    [0, 5e-4, 0.1].flatMap((weightDecay) =>
      [1e-3, 10].map((learningRate) => ({ decay, weightDecay, learningRate })),
    ),
  );

  it.each(settings)('stays within its bounds: $decay, λ $weightDecay, rate $learningRate', async (slot) => {
    for (const number of steps) {
      const operands = randomOperands(300, number % 1000);
      // The moments of the first step are 0.
      const zeros = new Float32Array(300);
      const state = number === 0 ? { ...operands, m: zeros, v: zeros } : operands;
      const testCase = adamwCase(vector(300), [state], { number, slots: [slot] });
      note('steps', await expectCase(gpu(), testCase, `step ${number}`));
    }
  });

  it('leaves a parameter alone whose gradient and moments are 0, but for its decay', async () => {
    const zeros = new Float32Array(64);
    const state = { g: zeros, w: uniform(64, 1), m: zeros, v: zeros };
    const exact = {
      ...adamwCase(vector(64), [state], { number: 0, slots: [{ ...settings[0]!, weightDecay: 0 }] }),
    };
    await expectCase(gpu(), { ...exact, expected: () => ({ w: { values: state.w } }) }, 'no decay');
    const slots = [{ decay: 'decoupled', weightDecay: 0.25, learningRate: 0.5 }] as const;
    const decayed = adamwCase(vector(64), [state], { number: 0, slots });
    const shrunk = state.w.map((value) => 0.875 * value);
    await expectCase(gpu(), { ...decayed, expected: () => ({ w: { values: shrunk } }) }, 'decay');
  });

  /** Every combination of these values as g, w, m and v (not negative). */
  function combinations(values: readonly number[]): AdamwOperands {
    const all = values.flatMap((g) =>
      values.flatMap((w) => values.flatMap((m) => values.map((v) => [g, w, m, Math.abs(v)] as const))),
    );
    const column = (which: 0 | 1 | 2 | 3): Float32Array => Float32Array.from(all, (row) => row[which]);
    return { g: column(0), w: column(1), m: column(2), v: column(3) };
  }

  it('stays within its bounds for zeros, denormal, tiny and huge values', async () => {
    const operands = combinations([0, -0, 1e-41, -1e-39, 1e-30, -1e-12, 1, 1e9, -1e17]);
    for (const number of [0, 20]) {
      for (const slot of settings) {
        const testCase = adamwCase(vector(operands.g.length), [operands], { number, slots: [slot] });
        note('hostile values', await expectCase(gpu(), testCase, `${slot.decay} at step ${number}`));
      }
    }
  });

  it('turns NaN and infinite gradients into parameters that are not finite, and no other', async () => {
    const operands = randomOperands(100, 7);
    for (const [place, value] of [
      [0, Number.NaN],
      [3, Infinity],
      [50, -Infinity],
      [99, Number.NaN],
    ] as const) {
      operands.g[place] = value;
    }
    const testCase = adamwCase(vector(100), [operands], { number: 3, slots: differentRates.slice(0, 1) });
    await expectCase(gpu(), testCase, 'NaN and infinities');
  });
});
