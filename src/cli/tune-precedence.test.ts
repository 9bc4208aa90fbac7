/** What comes first: an entry of a tuning file, the first one that fits, or else the rule. */
import { describe, expect, it } from 'vitest';
import type { AdapterTraits, TuningEntry } from '../gpu/index.js';
import { planStep } from '../graph/index.js';
import { productVariant, type ProductShape } from '../kernels/index.js';
import { trainingGraph } from '../model/index.js';
import { hardware, lavapipe, plainSoftware } from '../kernels/testing/traits.js';

const shape: ProductShape = { kernel: 'dense_forward', rows: 128, columns: 256, inner: 784 };
const tuned = (traits: AdapterTraits, ...tuning: TuningEntry[]): AdapterTraits => ({ ...traits, tuning });

describe('an entry', () => {
  it.each<[what: string, entry: TuningEntry, chosen: string]>([
    ['for everything', { variant: 'register' }, 'register'],
    ['for this kernel', { kernel: 'dense_forward', variant: 'register' }, 'register'],
    ['for this very product', { ...shape, variant: 'split' }, 'split'],
    ['for another kernel', { kernel: 'dense_backward_input', variant: 'register' }, 'subgroup8'],
    ['for other rows', { rows: 32, variant: 'register' }, 'subgroup8'],
    ['for other columns', { columns: 128, variant: 'register' }, 'subgroup8'],
    ['for another inner size', { inner: 783, variant: 'register' }, 'subgroup8'],
    ['for all but one size', { ...shape, inner: 1, variant: 'register' }, 'subgroup8'],
  ])('%s', (_, entry, chosen) => {
    expect(productVariant(lavapipe)).toBe('subgroup8');
    expect(productVariant(tuned(lavapipe, entry), shape)).toBe(chosen);
  });

  it('comes before the rules for small shapes, too', () => {
    const small = { ...shape, rows: 4 };
    expect(productVariant(lavapipe, small)).toBe('subgroup8_low');
    expect(productVariant(tuned(lavapipe, { rows: 4, variant: 'subgroup8' }), small)).toBe('subgroup8');
    expect(productVariant(hardware, small)).toBe('split');
    expect(productVariant(tuned(hardware, { rows: 4, variant: 'tile' }), small)).toBe('tile');
  });

  it('comes before later ones', () => {
    const entries: TuningEntry[] = [
      { rows: 1, variant: 'tile' },
      { variant: 'split' },
      { variant: 'register' },
    ];
    expect(productVariant(tuned(lavapipe, ...entries), shape)).toBe('split');
  });

  it('is passed over where the adapter cannot run its variant', () => {
    const traits = tuned(plainSoftware, { variant: 'subgroup8' }, { variant: 'tile' });
    expect(productVariant(traits, shape)).toBe('tile');
    expect(productVariant(tuned(plainSoftware, { variant: 'subgroup8' }), shape)).toBe('register');
  });

  it('is passed over by a kernel that needs low tiles', () => {
    const high = tuned(lavapipe, { variant: 'tile128' }, { variant: 'register' });
    expect(productVariant(high, shape)).toBe('tile128');
    expect(productVariant(high, shape, true)).toBe('register');
  });
});

it('reaches the dispatches of a plan, and only those that it is about', () => {
  const graph = trainingGraph(
    { inputs: 10, hidden: [8, 6], classes: 3, dropout: true },
    { samples: 20, indices: 16, batch: 16, slots: 4 },
  );
  const variants = (traits: AdapterTraits): Map<string, string | null> =>
    new Map(
      planStep(graph, traits, { trials: 2 }).dispatches.map(({ op, configuration }) => [
        op.name,
        configuration.variant,
      ]),
    );
  const plain = variants(hardware);
  const entry = { kernel: 'dense_forward', rows: 16, columns: 6, inner: 8, variant: 'register' };
  const changed = variants(tuned(hardware, entry));
  expect([...plain].filter(([name, variant]) => changed.get(name) !== variant)).toEqual([
    ['layer1', 'split'],
  ]);
  expect(changed.get('layer1')).toBe('register');
});
